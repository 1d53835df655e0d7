// What protections leave, of lists whose truth is known.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <random>
#include <string>

#include "answers/domain_mean.hpp"
#include "answers/protect/layer_ranking.hpp"
#include "answers/protect/protection.hpp"
#include "answers/sample_design.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail {
namespace {

using testing::HasSubstr;

constexpr std::array<int64_t, 3> kSizes = {100, 400, 1500};

std::vector<KernelLayer> three_layers() {
  std::vector<KernelLayer> layers;
  for (size_t i = 0; i < kSizes.size(); ++i) {
    layers.push_back(
        {.name = "outer/dense_" + std::to_string(i), .class_name = "Dense", .kernel_shape = {kSizes[i], 1}});
  }
  return layers;
}

// Bit 30 hurts, in the first layer most; the others hardly ever.
double harm_of(size_t layer, int bit, int64_t element) {
  if (bit == 30) return element % 3 == 0 ? 0.9 - 0.2 * static_cast<double>(layer) : 0.02;
  return (element * 7 + bit) % 211 == 0 ? 0.5 : 0.0;
}

struct DrawnFaults {
  std::vector<ReportRow> rows;
  std::vector<double> values;
};

DrawnFaults draw_faults(size_t count, std::mt19937& random) {
  std::vector<std::array<int64_t, 3>> all, chosen;
  for (size_t layer = 0; layer < kSizes.size(); ++layer)
    for (int64_t element = 0; element < kSizes[layer]; ++element)
      for (int bit = 0; bit < 32; ++bit) all.push_back({static_cast<int64_t>(layer), element, bit});
  std::sample(all.begin(), all.end(), std::back_inserter(chosen), count, random);
  DrawnFaults drawn;
  for (const auto& [layer, element, bit] : chosen) {
    drawn.rows.push_back(
        {.fault = bit_flip(static_cast<int64_t>(drawn.rows.size()), "dense_" + std::to_string(layer),
                           {element, 0}, static_cast<int>(bit)),
         .tally = {}});
    drawn.values.push_back(harm_of(static_cast<size_t>(layer), static_cast<int>(bit), element));
  }
  return drawn;
}

Domain whole_network(const SampleDesign& design) {
  std::vector<Domain> domains(1);
  for (size_t cell = 0; cell < design.cells.size(); ++cell) domains[0].cells.push_back(cell);
  walk(design, domains);
  return domains[0];
}

std::vector<bool> left_by(const SampleDesign& design, const std::string& words) {
  Protection protection(design);
  protection.add(words);
  std::vector<bool> left = protection.corrected();
  left.flip();
  return left;
}

// Of removed harm and of the ratio, over repeated lists: paired intervals hold the truth as often as stated.
TEST(PairedIntervals, CoverAsOftenAsStated) {
  for (const char* words : {"tmr-bits=30", "tmr=dense_0,dense_1"}) {
    for (const double confidence : {0.8, 0.95}) {
      SCOPED_TRACE(std::string(words) + " " + std::to_string(confidence));
      constexpr int kRepeats = 60;
      std::mt19937 random(17);
      int ratio_misses = 0, removed_misses = 0;
      for (int i = 0; i < kRepeats; ++i) {
        const DrawnFaults drawn = draw_faults(2000, random);
        const SampleDesign design = sample_design(drawn.rows, {.plan = "", .layers = three_layers()}, "test");
        const Domain network = whole_network(design);
        const std::vector<bool> is_left = left_by(design, words);
        double left = 0, all = 0, units = 0;
        for (size_t c = 0; c < design.cells.size(); ++c) {
          const DesignCell& cell = design.cells[c];
          for (int64_t element = 0; element < kSizes[cell.layer]; ++element) {
            const double harm = harm_of(cell.layer, cell.bit, element);
            all += harm;
            left += is_left[c] ? harm : 0;
            ++units;
          }
        }
        const Interval ratio = domain_ratio(design, network, drawn.values, is_left, confidence);
        ratio_misses += left / all < ratio.low || left / all > ratio.high ? 1 : 0;
        std::vector<double> removed = drawn.values;
        for (size_t k = 0; k < removed.size(); ++k)
          if (is_left[design.cell_of_row[k]]) removed[k] = 0;
        const Interval of_removed =
            domain_mean(design, network, removed, Outcome::critical, OutcomeUnit::images, confidence)
                .interval();
        const double truth = (all - left) / units;
        removed_misses += truth < of_removed.low || truth > of_removed.high ? 1 : 0;
      }
      const double expected = (1 - confidence) * kRepeats;
      EXPECT_LE(ratio_misses, expected + 3 * std::sqrt(expected * confidence));
      EXPECT_LE(removed_misses, expected + 3 * std::sqrt(expected * confidence));
    }
  }
}

TEST(RankLayers, TheMostCriticalIsTheFirst) {
  std::mt19937 random(5);
  const DrawnFaults drawn = draw_faults(20000, random);
  const SampleDesign design = sample_design(drawn.rows, {.plan = "", .layers = three_layers()}, "test");
  EXPECT_THAT(rank_layers(design, whole_network(design), drawn.values), testing::ElementsAre(0, 1, 2));
}

// One hurting fault of bit 30 in a layer of two faults says little: what the bit does elsewhere counts too.
TEST(RankLayers, FewFaultsDoNotDecide) {
  std::vector<ReportRow> rows;
  std::vector<double> values;
  const auto add = [&](const std::string& layer, int64_t element, int bit, double value) {
    rows.push_back(
        {.fault = bit_flip(static_cast<int64_t>(rows.size()), layer, {element, 0}, bit), .tally = {}});
    values.push_back(value);
  };
  add("dense_0", 0, 30, 0.5);
  for (int64_t i = 0; i < 300; ++i) {
    add("dense_1", i, 30, 0.6);
    add("dense_2", i, 30, 0.1);
  }
  const SampleDesign design = sample_design(rows, {.plan = "", .layers = three_layers()}, "test");
  EXPECT_THAT(rank_layers(design, whole_network(design), values), testing::ElementsAre(1, 0, 2));
}

TEST(Halves, HoldEachRowOnce) {
  std::mt19937 random(5);
  const DrawnFaults drawn = draw_faults(101, random);
  const SampleDesign design = sample_design(drawn.rows, {.plan = "", .layers = three_layers()}, "test");
  const DomainHalves halves = halves_of(whole_network(design));
  EXPECT_EQ(halves.first.rows, 51);
  EXPECT_EQ(halves.second.rows, 50);
  std::vector<int64_t> rows;
  for (const Domain* half : {&halves.first, &halves.second})
    for (const DomainEvent& event : half->events) rows.push_back(event.row);
  std::sort(rows.begin(), rows.end());
  for (size_t i = 0; i < 101; ++i) EXPECT_EQ(rows[i], static_cast<int64_t>(i));
}

class ProtectionOf : public testing::Test {
 protected:
  ProtectionOf() {
    std::mt19937 random(5);
    design_ = sample_design(draw_faults(100, random).rows, {.plan = "", .layers = three_layers()}, "test");
  }
  [[nodiscard]] double bits(const std::string& words) const {
    Protection protection(design_);
    protection.add(words);
    return protection.bits_per_weight();
  }
  [[nodiscard]] std::string refusal(const std::string& words) const {
    try {
      Protection(design_).add(words);
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::usage);
      return error.what();
    }
    return "";
  }
  SampleDesign design_;
};

TEST_F(ProtectionOf, MemoryIsCounted) {
  EXPECT_EQ(bits("tmr-bits=30"), 2);
  EXPECT_EQ(bits("tmr-bits=30,31"), 4);
  EXPECT_EQ(bits("tmr-bits=23-31"), 18);
  EXPECT_EQ(bits("tmr-bits=30+tmr-bits=30,31"), 4);  // no bit is tripled twice
  EXPECT_EQ(bits("secded32"), 7);
  EXPECT_EQ(bits("secded64:zero"), 4);
  EXPECT_EQ(bits("parity-reload"), 1);
  EXPECT_EQ(bits("parity-zero"), 1);
  EXPECT_EQ(bits("clamp+ranger=b.json"), 0);
  EXPECT_EQ(bits("tmr=dense_0"), 64.0 * 100 / 2000);
  EXPECT_EQ(bits("tmr=outer/dense_0,dense_1"), 64.0 * 500 / 2000);
  EXPECT_EQ(bits("tmr=dense_0,dense_1,dense_2"), 64);
  EXPECT_EQ(bits("tmr=dense_0+tmr-bits=30"), 2 + 62.0 * 100 / 2000);
}

TEST_F(ProtectionOf, WrongWordsAreRefusedInOneLine) {
  EXPECT_THAT(refusal("secded33"), HasSubstr("did you mean 'secded32'?"));
  EXPECT_THAT(refusal("secded32:often"), HasSubstr("expected secded32 with :as-is, :zero or :golden"));
  EXPECT_THAT(refusal("clamp=3"), HasSubstr("expected clamp alone, found '=3' behind it"));
  EXPECT_THAT(refusal("tmr-bits=32"), HasSubstr("expected bits from 0 to 31"));
  EXPECT_THAT(refusal("tmr-bits="), HasSubstr("expected bits from 0 to 31"));
  EXPECT_THAT(refusal("tmr=dense_0,,dense_1"), HasSubstr("expected names as A,B,C"));
  EXPECT_THAT(refusal("tmr=dens_0"), HasSubstr("no layer 'dens_0' (did you mean 'dense_0'?)"));
  EXPECT_THAT(refusal(""), HasSubstr("no protection"));
  EXPECT_THAT(refusal("secded32+"), HasSubstr("no protection"));
  for (const char* words : {"secded33", "tmr-bits=31-30", "tmr=\x1b[31m"})
    EXPECT_THAT(refusal(words), testing::Not(HasSubstr("\n"))) << words;
  EXPECT_THAT(refusal("tmr=\x1b[31m"), testing::Not(HasSubstr("\x1b")));
}

TEST(ProtectionLabel, IsForReaders) {
  EXPECT_EQ(protection_label("tmr-bits=31"), "TMR of bit 31 (sign)");
  EXPECT_EQ(protection_label("tmr-bits=31,30"), "TMR of bits 30, 31");
  EXPECT_EQ(protection_label("tmr-bits=23-30"), "TMR of bits 23-30 (exponent)");
  EXPECT_EQ(protection_label("secded32:zero+tmr=a,b"), "SEC-DED over 32 bits + TMR of a, b");
}

}  // namespace
}  // namespace tf_injector::detail
