#include "session/check/self_check.hpp"

#include "session/check/full_check.hpp"
#include "session/check/sampled_check.hpp"

namespace tf_injector::detail {
namespace {

class NoCheck final : public SelfCheck {
 public:
  void check_golden(const GoldenRun&, double) override {}
  void check_block(ListIndex, const BlockResult&, const GoldenRun&, double) override {}
};

enum class Kind { none, sampled, full };

Kind kind_of(const Setup& setup, std::optional<int> every) {
  if (every) return *every > 0 ? Kind::full : Kind::none;
  return setup.plan().kernels() == KernelSet::scalar ? Kind::none : Kind::sampled;
}

}  // namespace

std::unique_ptr<SelfCheck> make_self_check(const Setup& setup, std::optional<int> every,
                                           const std::atomic<bool>* stop) {
  switch (kind_of(setup, every)) {
    case Kind::sampled:
      return std::make_unique<SampledCheck>(setup, stop);
    case Kind::full:
      return std::make_unique<FullCheck>(setup, *every, stop);
    case Kind::none:
      break;
  }
  return std::make_unique<NoCheck>();
}

CheckNeeds self_check_needs(const Setup& setup, std::optional<int> every, bool keeps_scores, int threads) {
  switch (kind_of(setup, every)) {
    case Kind::sampled:
      return sampled_check_needs(setup, threads);
    case Kind::full:
      return full_check_needs(setup, *every, keeps_scores);
    case Kind::none:
      break;
  }
  return {};
}

}  // namespace tf_injector::detail
