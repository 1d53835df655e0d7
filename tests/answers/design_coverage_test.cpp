// Intervals of a report hold the truth as often as they say, for lists of every design.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <random>

#include "answers/domain_mean.hpp"
#include "answers/sample_design.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail {
namespace {

constexpr int kBits = 32;

// A network whose faults' critical shares are known: in bit 30 nearly all images or none, in bit 25 a few,
// elsewhere hardly ever, but then all of them.
class KnownNetwork {
 public:
  KnownNetwork() {
    std::mt19937 random(5);
    std::uniform_real_distribution<double> uniform;
    for (size_t layer = 0; layer < sizes_.size(); ++layer) {
      layers_.push_back({.name = fmt::format("layer_{}", layer),
                         .class_name = "Dense",
                         .kernel_shape = {sizes_[layer], 1}});
      for (int bit = 0; bit < kBits; ++bit) {
        std::vector<double> shares;
        for (int64_t i = 0; i < sizes_[layer]; ++i) {
          const double u = uniform(random);
          const double hot = layer + 1 == sizes_.size() ? 0.95 : 0.05;
          double share = u < 0.0005 ? 1.0 : 0.0;
          if (bit == 30) share = u < hot ? 0.9 : 0.01;
          if (bit == 25) share = 0.02 * u;
          shares.push_back(share);
        }
        shares_.push_back(std::move(shares));
      }
    }
  }
  [[nodiscard]] size_t layers() const { return sizes_.size(); }
  [[nodiscard]] int64_t size(size_t layer) const { return sizes_[layer]; }
  [[nodiscard]] const std::vector<KernelLayer>& kernel_layers() const { return layers_; }
  [[nodiscard]] double share(size_t layer, int bit, int64_t element) const {
    return shares_[layer * kBits + static_cast<size_t>(bit)][static_cast<size_t>(element)];
  }
  [[nodiscard]] double mean() const {
    double sum = 0, count = 0;
    for (const auto& shares : shares_) {
      sum += std::accumulate(shares.begin(), shares.end(), 0.0);
      count += static_cast<double>(shares.size());
    }
    return sum / count;
  }

 private:
  std::vector<int64_t> sizes_ = {60, 300, 900, 1500};
  std::vector<KernelLayer> layers_;
  std::vector<std::vector<double>> shares_;  // by layer, then by bit
};

// Strata of a plan: faults are numbered element by element within each.
struct TestStratum {
  std::vector<size_t> layers;
  std::vector<int> bits;
  int64_t faults = 0;
};

struct Sample {
  std::vector<ReportRow> rows;
  std::vector<double> values;
};

Sample draw(const KnownNetwork& network, const std::vector<TestStratum>& strata, std::mt19937& random) {
  Sample sample;
  for (const TestStratum& stratum : strata) {
    std::vector<std::tuple<size_t, int, int64_t>> units;
    for (const size_t layer : stratum.layers)
      for (const int bit : stratum.bits)
        for (int64_t element = 0; element < network.size(layer); ++element)
          units.emplace_back(layer, bit, element);
    std::vector<std::tuple<size_t, int, int64_t>> chosen;
    std::sample(units.begin(), units.end(), std::back_inserter(chosen), stratum.faults, random);
    for (const auto& [layer, bit, element] : chosen) {
      const auto id = static_cast<int64_t>(sample.rows.size());
      sample.rows.push_back(
          {.fault = bit_flip(id, fmt::format("layer_{}", layer), {element, 0}, bit), .tally = {}});
      sample.values.push_back(network.share(layer, bit, element));
    }
  }
  return sample;
}

std::string plan_of(const std::string& scheme, const std::vector<TestStratum>& strata, size_t layers) {
  std::string text, names, bits;
  int64_t faults = 0;
  for (const TestStratum& s : strata) {
    text += fmt::format(R"({}{{"layer": {}, "bit_first": {}, "bit_last": {}}})", text.empty() ? "" : ", ",
                        s.layers.size() == 1 ? fmt::format("\"layer_{}\"", s.layers[0]) : "null",
                        s.bits.front(), s.bits.back());
    faults += s.faults;
  }
  for (size_t i = 0; i < layers; ++i) names += fmt::format("{}\"layer_{}\"", i == 0 ? "" : ", ", i);
  for (int bit = 0; bit < kBits; ++bit) bits += fmt::format("{}{}", bit == 0 ? "" : ", ", bit);
  return fmt::format(
      R"({{"scheme": "{}", "faults": {}, "layers": [{}], "bits": [{}], "n": 1, "confidence": 0.99, "seed": 1, "strata": [{}]}})",
      scheme, faults, names, bits, text);
}

std::vector<int> all_bits() {
  std::vector<int> bits(kBits);
  std::iota(bits.begin(), bits.end(), 0);
  return bits;
}

std::vector<TestStratum> strata_of(const std::string& scheme, const KnownNetwork& network, int64_t faults) {
  std::vector<size_t> layers(network.layers());
  std::iota(layers.begin(), layers.end(), size_t{0});
  if (scheme == "network-wise") return {{layers, all_bits(), faults}};
  double all = 0;
  for (const size_t layer : layers) all += static_cast<double>(network.size(layer));
  std::vector<TestStratum> strata;
  for (const size_t layer : layers) {
    const double share = static_cast<double>(network.size(layer)) / all;
    if (scheme == "uneven") {  // hardly any fault of the layer that holds most, and most that is critical
      strata.push_back({{layer}, all_bits(), layer + 1 == layers.size() ? 4 : faults / 4});
    } else if (scheme == "published") {
      strata.push_back({{layer}, all_bits(), std::lround(static_cast<double>(faults) * share)});
    } else if (scheme == "layer-wise") {
      strata.push_back({{layer}, all_bits(), faults / static_cast<int64_t>(layers.size())});
    } else {
      for (int bit = 0; bit < kBits; ++bit)
        strata.push_back({{layer}, {bit}, faults / static_cast<int64_t>(layers.size()) / kBits});
    }
  }
  return strata;
}

struct Coverage {
  int below = 0, above = 0;  // how often the truth was outside
  double width = 0;          // mean
};

Coverage coverage_of(const std::string& scheme, int64_t faults, double confidence, bool has_plan,
                     int repeats) {
  const KnownNetwork network;
  const std::vector<TestStratum> strata = strata_of(scheme, network, faults);
  const double truth = network.mean();
  Coverage result;
  std::mt19937 random(11);
  for (int i = 0; i < repeats; ++i) {
    const Sample sample = draw(network, strata, random);
    const SampleDesign design =
        sample_design(sample.rows,
                      {.plan = has_plan ? plan_of(scheme, strata, network.layers()) : "",
                       .layers = network.kernel_layers()},
                      "test");
    EXPECT_EQ(design.summary.scheme, has_plan ? scheme : "");
    std::vector<Domain> domains(1);
    for (size_t cell = 0; cell < design.cells.size(); ++cell) domains[0].cells.push_back(cell);
    walk(design, domains);
    const SampleMean mean =
        domain_mean(design, domains[0], sample.values, Outcome::critical, OutcomeUnit::images, confidence);
    const auto [low, high] = mean.interval();
    EXPECT_GE(low, 0);
    EXPECT_LE(high, 1);
    EXPECT_LE(low, high);
    result.below += truth < low ? 1 : 0;
    result.above += truth > high ? 1 : 0;
    result.width += (high - low) / repeats;
  }
  return result;
}

// The truth is outside no more often than stated, but for three standard errors.
void expect_valid(const Coverage& found, double confidence, int repeats) {
  const double alpha = 1 - confidence, misses = alpha * repeats;
  EXPECT_LE(found.below + found.above, misses + 3 * std::sqrt(misses * confidence))
      << found.below << " below, " << found.above << " above, mean width " << found.width;
}

class DesignCoverage : public testing::TestWithParam<const char*> {};

TEST_P(DesignCoverage, IsAtLeastWhatIsStated) {
  constexpr int kRepeats = 150;
  for (const double confidence : {0.9, 0.99}) {
    SCOPED_TRACE(confidence);
    expect_valid(coverage_of(GetParam(), 2560, confidence, true, kRepeats), confidence, kRepeats);
  }
}
INSTANTIATE_TEST_SUITE_P(Schemes, DesignCoverage,
                         testing::Values("network-wise", "published", "layer-wise", "data-unaware",
                                         "uneven"));

// Of so few layers nobody can tell whether the list was shared out.
TEST(DesignCoverageOf, ListsWithoutAPlan) {
  constexpr int kRepeats = 300;
  expect_valid(coverage_of("network-wise", 640, 0.9, false, kRepeats), 0.9, kRepeats);
  expect_valid(coverage_of("published", 640, 0.9, false, kRepeats), 0.9, kRepeats);
}

// Most of a population: what is known leaves little room.
TEST(DesignCoverageOf, LargePartsOfAPopulation) {
  constexpr int kRepeats = 20;
  const KnownNetwork network;
  int64_t all = 0;
  for (size_t layer = 0; layer < network.layers(); ++layer) all += network.size(layer) * kBits;
  for (const char* scheme : {"network-wise", "published"}) {
    const Coverage most = coverage_of(scheme, all * 9 / 10, 0.99, true, kRepeats);
    EXPECT_EQ(most.below + most.above, 0) << scheme;
    EXPECT_LT(most.width, 0.002) << scheme;
    const Coverage everything = coverage_of(scheme, all, 0.99, true, 1);
    EXPECT_LT(everything.width, 1e-9) << scheme;
    EXPECT_LE(everything.below + everything.above, 1);  // a point, but for roundings
  }
}

// Twenty layers of which each has its share of the faults are no accident; one fault more would be.
TEST(SampleDesign, ASharedOutListIsRecognised) {
  std::vector<KernelLayer> layers;
  std::vector<ReportRow> rows;
  for (int64_t i = 0; i < 20; ++i) {
    layers.push_back({.name = fmt::format("outer/dense_{}", i),
                      .class_name = "Dense",
                      .kernel_shape = {100 * (i + 1), 10}});
    for (int64_t k = 0; k < 10 * (i + 1); ++k)
      rows.push_back(
          {.fault = bit_flip(static_cast<int64_t>(rows.size()), fmt::format("dense_{}", i), {k, 0}, 3),
           .tally = {}});
  }
  const SampleDesign found = sample_design(rows, {.plan = "", .layers = layers}, "test");
  EXPECT_EQ(found.summary.scheme, "published");
  EXPECT_EQ(found.groups, 20U);
  EXPECT_TRUE(found.remarks.empty());
  EXPECT_EQ(found.layers[3].name, "dense_3");
  for (int i = 0; i < 2; ++i)
    rows.push_back(
        {.fault = bit_flip(static_cast<int64_t>(rows.size()), "dense_0", {40 + i, 0}, 3), .tally = {}});
  const SampleDesign other = sample_design(rows, {.plan = "", .layers = layers}, "test");
  EXPECT_EQ(other.summary.scheme, "");
  EXPECT_EQ(other.groups, 1U);
  EXPECT_EQ(other.remarks.size(), 1U);
}

TEST(SampleDesign, SizesMayBeUnknown) {
  const std::vector<ReportRow> rows = {{.fault = bit_flip(0, "a", {1, 1}, 3), .tally = {}}};
  const SampleDesign found = sample_design(rows, {}, "test");
  EXPECT_FALSE(found.sizes_known);
  EXPECT_EQ(found.cells.size(), 32U);
  EXPECT_EQ(found.remarks.size(), 2U);
}

// A message for everything that does not fit.
std::string refusal(const std::vector<ReportRow>& rows, const DesignSources& sources) {
  try {
    static_cast<void>(sample_design(rows, sources, "r.run.json"));
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::bad_input);
    return error.what();
  }
  return "";
}

TEST(SampleDesign, WhatDoesNotFitIsSaid) {
  const std::vector<KernelLayer> layers = {{.name = "a", .class_name = "Dense", .kernel_shape = {4, 4}}};
  const std::vector<ReportRow> rows = {{.fault = bit_flip(7, "b", {1, 1}, 3), .tally = {}}};
  EXPECT_EQ(refusal(rows, {.plan = "", .layers = layers}),
            "r.run.json: expected the layers of the model, found 'b'");
  EXPECT_EQ(refusal(rows, {.plan = "{}", .layers = layers}).substr(0, 54),
            "r.run.json: expected the plan of a fault list, found n");
  const std::vector<ReportRow> of_a = {{.fault = bit_flip(7, "a", {1, 1}, 3), .tally = {}}};
  const std::string only_bit_30 =
      R"({"scheme": "network-wise", "faults": 1, "layers": ["a"], "bits": [30], "n": 1, "confidence": 0.9, "seed": 1,
          "strata": [{"layer": null, "bit_first": 30, "bit_last": 30}]})";
  EXPECT_EQ(refusal(of_a, {.plan = only_bit_30, .layers = layers}),
            "r.run.json: fault 7 (bit 3 of 'a') is none of those that the list's plan draws from");
  const auto changed = [&](const std::string& from, const std::string& to) {
    std::string plan = only_bit_30;
    return plan.replace(plan.find(from), from.size(), to);
  };
  const auto [from_0_to_31, is_share] = std::pair("a bit that there is not: ", "no number between 0 and 1: ");
  for (const auto& [plan, what] : std::vector<std::pair<std::string, std::string>>{
           {changed("[30]", "[32]"), from_0_to_31},
           {changed("[30]", "[-1]"), from_0_to_31},
           {changed("[30]", "[3e100]"), from_0_to_31},
           {changed("\"bit_last\": 30", "\"bit_last\": 64"), from_0_to_31},
           {changed("\"n\": 1", "\"error\": 1e300"), is_share},
           {changed("0.9", "-0.9"), is_share},
           {changed("\"seed\": 1", "\"seed\": \"1\""), "no seed: "}}) {
    EXPECT_TRUE(refusal(of_a, {.plan = plan, .layers = layers})
                    .starts_with("r.run.json: expected the plan of a fault list, found " + what))
        << plan;
  }
}

}  // namespace
}  // namespace tf_injector::detail
