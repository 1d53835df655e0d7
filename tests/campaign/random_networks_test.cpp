// Both engines against the scalar reference on random networks over all ops, in every bit. TFI_NETWORKS says
// how many networks, TFI_SEED with which they begin (else any); scripts/fuzz-networks runs it for long.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <random>

#include "io/file.hpp"
#include "support/random_graphs/describe.hpp"
#include "support/random_graphs/forms.hpp"

namespace tf_injector::detail::test {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || !defined(NDEBUG)
constexpr uint64_t kNetworks = 200;  // many times as slow
#else
constexpr uint64_t kNetworks = 2500;
#endif
constexpr int64_t kMostDifferences = 3;  // each is made small, which takes seconds

uint64_t number_of(const char* variable, uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text != nullptr ? std::strtoull(text, nullptr, 10) : otherwise;
}

// What the networks of a run came to.
struct Totals {
  int64_t networks = 0, fault_runs = 0, differences = 0;
};

void compare(uint64_t seed, Totals& totals) {
  const RandomCase c = random_case(seed);
  Dice dice(~seed);
  AllScores expected = reference_scores(c);
  ++totals.networks;
  for (const EngineSetting& how : random_settings(dice, c)) {
    totals.fault_runs += static_cast<int64_t>(c.faults.size()) * c.images;
    const std::optional<Difference> difference = first_difference(c, how, expected);
    if (!difference) continue;
    ++totals.differences;
    ADD_FAILURE()
        << report_of(c, *difference) << " repeat: TFI_SEED=" << seed
        << " TFI_NETWORKS=1 build/release/tests/test_campaign --gtest_filter='RandomNetworks.Both*'";
    return;
  }
}

TEST(RandomNetworks, BothEnginesEqualTheScalarReference) {
  const uint64_t first = number_of("TFI_SEED", std::random_device()());
  const uint64_t networks = number_of("TFI_NETWORKS", kNetworks);
  const auto begin = std::chrono::steady_clock::now();
  Totals totals;
  for (uint64_t seed = first; seed < first + networks && totals.differences < kMostDifferences; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    compare(seed, totals);
  }
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
  fmt::print("TFI_SEED={}: {} networks, {} fault-runs, {} differences, {:.1f} seconds\n", first,
             totals.networks, totals.fault_runs, totals.differences, seconds.count());
}

TEST(RandomNetworks, ASeedNamesOneNetwork) {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    const RandomCase a = random_case(seed), b = random_case(seed);
    EXPECT_EQ(text_of(a.graph), text_of(b.graph));
    ASSERT_EQ(a.faults.size(), b.faults.size());
    EXPECT_EQ(text_of(a.faults.back()), text_of(b.faults.back()));
  }
}

TEST(RandomNetworks, HaveAllOpsRanksAndBatches) {
  std::set<size_t> ops;
  std::set<int> ranks, concat_ranks;
  std::set<Theme> themes;
  bool has_batch_of_one = false, has_short_batch = false, has_many_faults = false, has_inputs = false;
  for (uint64_t seed = 0; seed < 300; ++seed) {
    const RandomCase c = random_case(seed);
    themes.insert(c.theme);
    for (const Node& node : c.graph.nodes) {
      ops.insert(node.op.index());
      ranks.insert(node.shape.rank());
      if (std::holds_alternative<ops::Concat>(node.op)) concat_ranks.insert(node.shape.rank());
    }
    has_batch_of_one = has_batch_of_one || c.batch_size == 1;
    has_short_batch = has_short_batch || (c.batch_size > 1 && c.images % c.batch_size != 0);
    has_many_faults = has_many_faults || c.faults.size() > 128;
    has_inputs = has_inputs || c.graph.inputs.size() > 1;
  }
  EXPECT_EQ(ops.size(), std::variant_size_v<Op> - 1);  // but the Mask
  EXPECT_EQ(themes.size(), kThemes.size());
  for (const int rank : {1, 2, 3, 4, 5}) {
    EXPECT_TRUE(ranks.contains(rank)) << rank;
    EXPECT_TRUE(concat_ranks.contains(rank)) << rank;
  }
  EXPECT_TRUE(has_batch_of_one && has_short_batch && has_many_faults && has_inputs);
}

TEST(RandomNetworks, AreReplayedInAllForms) {
  if (available_kernel_sets().front() == KernelSet::scalar) GTEST_SKIP() << "the reference has no lanes";
  std::set<std::string> forms;
  for (uint64_t seed = 0; seed < 600; ++seed) add_forms(random_case(seed), forms);
  EXPECT_EQ(forms, all_forms());
  const std::string text = read_text(std::string(TFI_TEST_DIR) + "/../src/kernels/pack_interfaces.hpp");
  int kinds = 0;
  for (size_t at = text.find(": public Kernel {"); at != std::string::npos;
       at = text.find(": public Kernel {", at + 1)) {
    ++kinds;
  }
  EXPECT_EQ(kinds, kKernelForms)
      << "pack_interfaces.hpp has another form: tests/support/random_graphs/forms.hpp";
}

}  // namespace
}  // namespace tf_injector::detail::test
