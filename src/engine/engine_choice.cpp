#include "engine/engine_choice.hpp"

namespace tf_injector::detail {

EngineChoice plain_engine() { return {.needs = plain_engine_needs, .make = make_plain_engine}; }

EngineChoice replay_engine(const replay::Shortcuts& shortcuts) {
  return {.needs = [shortcuts](const Plan& plan,
                               PatchRows faults) { return replay_engine_needs(plan, faults, shortcuts); },
          .make = [shortcuts](
                      const Plan& plan,
                      const EngineLayout& layout) { return make_replay_engine(plan, layout, shortcuts); }};
}

// The scalar reference is there to define the results: it is run as it stands.
EngineChoice default_engine() {
  const auto of = [](const Plan& plan) {
    return plan.kernels() == KernelSet::scalar ? plain_engine() : replay_engine();
  };
  return {.needs = [of](const Plan& plan, PatchRows faults) { return of(plan).needs(plan, faults); },
          .make = [of](const Plan& plan, const EngineLayout& layout) { return of(plan).make(plan, layout); }};
}

}  // namespace tf_injector::detail
