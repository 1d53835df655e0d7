// What replay takes for clipped by a ReLU is: a search for counterexamples at the edges of the float range.
#include <gtest/gtest.h>

#include "replay/same_as_reference.hpp"
#include "support/edge_network.hpp"

namespace tf_injector::detail {
namespace {

// How many of some networks have a score that differs.
int differing_networks(uint32_t seed, int networks, KernelSet set) {
  std::mt19937 rng(seed);
  int differing = 0;
  for (int n = 0; n < networks; ++n) {
    test::EdgeNetwork network(rng);
    const std::vector<Patch> patches = test::bit_flips(rng, network.graph, network.kernels, 80);
    const std::vector<std::vector<float>> images = {network.image(), network.image()};
    differing += test::differing_pairs(network.graph, patches, images, set, {.batch = 1 + n % 2}) > 0 ? 1 : 0;
  }
  return differing;
}

TEST(ReplayClippedOutputs, HasNoCounterexampleAtTheEdgesOfTheFloatRange) {
  const uint32_t seed = test::network_seed(51);
  for (const KernelSet set : available_kernel_sets()) {
    if (set == KernelSet::scalar) continue;  // the reference has no lanes
    EXPECT_EQ(differing_networks(seed, 2000, set), 0) << kernel_set_name(set) << ", TFI_SEED=" << seed;
  }
}

}  // namespace
}  // namespace tf_injector::detail
