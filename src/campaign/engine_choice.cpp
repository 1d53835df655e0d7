#include "campaign/engine_choice.hpp"

namespace tf_injector {

// The scalar reference is there to define the results: it is run as it stands.
EngineChoice default_engine() {
  return {.needs =
              [](const Plan& plan, std::span<const Patch> faults) {
                return plan.kernels() == KernelSet::scalar ? plain_engine_needs(plan, faults)
                                                           : replay_engine_needs(plan, faults);
              },
          .make =
              [](const Plan& plan, int threads, int tile) {
                return plan.kernels() == KernelSet::scalar ? make_plain_engine(plan, threads, tile)
                                                           : make_replay_engine(plan, threads, tile);
              }};
}

}  // namespace tf_injector
