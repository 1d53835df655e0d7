// Plans: strata of every scheme, how faults are shared out, and the plan as JSON.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <filesystem>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "core/json.hpp"
#include "io/csv.hpp"
#include "io/file.hpp"
#include "io/sha256.hpp"
#include "sampling/sample_size.hpp"
#include "session/model_data.hpp"
#include "tf_injector/error.hpp"
#include "tf_injector/fault_sampling.hpp"

namespace tf_injector::detail {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr SamplingScheme kAllSchemes[] = {SamplingScheme::network_wise, SamplingScheme::layer_wise,
                                          SamplingScheme::data_unaware, SamplingScheme::data_aware,
                                          SamplingScheme::exhaustive};

// Dense layers of 4 x 30, 30 x 7 and 7 x 3 weights: 120, 210 and 21.
Model small_model() {
  Graph graph;
  NodeId x = graph.add_input("in", "in", Shape{4});
  int64_t inputs = 4;
  for (const int64_t units : {30, 7, 3}) {
    const std::string name = "dense" + std::to_string(units);
    const auto kernel = static_cast<WeightId>(graph.weights.size());
    std::vector<float> values(static_cast<size_t>(inputs * units));
    for (size_t i = 0; i < values.size(); ++i) values[i] = 0.01f * static_cast<float>(i % 37) - 0.2f;
    graph.weights.push_back({name + "/kernel", Shape{inputs, units}, values});
    graph.layers.push_back({.name = name,
                            .path = name,
                            .class_name = "Dense",
                            .weights = {kernel},
                            .output_shape = Shape{units},
                            .injectable = true});
    x = graph.add(name, ops::Dense{.kernel = kernel, .units = units}, {x});
    inputs = units;
  }
  graph.outputs = {x};
  graph.output_names = {"scores"};
  return model_of(std::move(graph), "small", std::string(64, 'a'));
}

int64_t sum_of(const SamplingPlan& plan, int64_t SamplingStratum::*member) {
  int64_t sum = 0;
  for (const SamplingStratum& s : plan.strata()) sum += s.*member;
  return sum;
}

std::vector<std::vector<std::string>> rows_of(const SamplingPlan& plan) {
  const CsvDocument list = parse_csv(plan.csv());
  std::vector<std::vector<std::string>> rows;
  for (size_t i = 1; i < list.rows.size(); ++i) {
    std::vector<std::string>& row = rows.emplace_back();
    for (const CsvField& field : list.rows[i].fields) row.push_back(field.text);
  }
  return rows;
}

TEST(SamplingPlan, StrataOfEverySchemeAddUp) {
  for (const SamplingScheme scheme : kAllSchemes) {
    for (const std::vector<int>& bits : {std::vector<int>{}, std::vector<int>{0, 23, 30, 31}}) {
      for (const std::vector<std::string>& layers :
           {std::vector<std::string>{}, std::vector<std::string>{"dense3", "dense30"}}) {
        SamplingOptions options{.scheme = scheme, .layers = layers, .bits = bits};
        if (scheme != SamplingScheme::exhaustive) options.error = 0.1;
        const SamplingPlan plan(small_model(), options);
        const int64_t all_bits = bits.empty() ? 32 : 4, weights = layers.empty() ? 351 : 141;
        EXPECT_EQ(plan.population(), weights * all_bits) << sampling_scheme_name(scheme);
        EXPECT_EQ(sum_of(plan, &SamplingStratum::population), plan.population());
        EXPECT_EQ(sum_of(plan, &SamplingStratum::faults), plan.faults());
        const int64_t kernels = layers.empty() ? 3 : 2;
        const int64_t strata = scheme == SamplingScheme::network_wise || scheme == SamplingScheme::exhaustive
                                   ? 1
                               : scheme == SamplingScheme::layer_wise ? kernels
                                                                      : kernels * all_bits;
        EXPECT_EQ(static_cast<int64_t>(plan.strata().size()), strata) << sampling_scheme_name(scheme);
      }
    }
  }
}

// The list has each stratum's number of faults, and none twice.
void expect_list_of(const SamplingPlan& plan) {
  const std::vector<std::vector<std::string>> rows = rows_of(plan);
  ASSERT_EQ(static_cast<int64_t>(rows.size()), plan.faults());
  std::set<std::vector<std::string>> seen;
  std::map<std::pair<std::string, int>, int64_t> found;
  for (size_t i = 0; i < rows.size(); ++i) {
    EXPECT_EQ(rows[i][0], std::to_string(i));
    seen.insert({rows[i][1], rows[i][2], rows[i][3]});
    ++found[{rows[i][1], std::stoi(rows[i][3])}];
  }
  EXPECT_EQ(seen.size(), rows.size());
  for (const SamplingStratum& s : plan.strata()) {
    int64_t inside = 0;
    for (const auto& [where, count] : found) {
      const auto& [layer, bit] = where;
      if ((s.layer.empty() || s.layer == layer) && bit >= s.bit_first && bit <= s.bit_last) inside += count;
    }
    EXPECT_EQ(inside, s.faults) << s.layer << " " << s.bit_first;
  }
}

TEST(SamplingPlan, ListsHoldWhatTheStrataSay) {
  for (const SamplingScheme scheme : kAllSchemes) {
    for (const std::vector<int>& bits : {std::vector<int>{}, std::vector<int>{1, 22, 30}}) {
      SCOPED_TRACE(std::string(sampling_scheme_name(scheme)) + (bits.empty() ? "" : ", some bits"));
      SamplingOptions options{.scheme = scheme, .bits = bits};
      if (scheme != SamplingScheme::exhaustive) options.error = 0.15;
      expect_list_of(SamplingPlan(small_model(), options));
    }
  }
}

TEST(SamplingPlan, SizesFollowTheFormula) {
  const SamplingPlan plan(
      small_model(), {.scheme = SamplingScheme::layer_wise, .error = 0.05, .confidence = 0.95, .p = 0.3});
  EXPECT_EQ(plan.t(), 1.96);
  ASSERT_EQ(plan.strata().size(), 3u);
  // N / (1 + 0.0025 (N - 1) / (1.96^2 0.21)) for 3,840, 6,720 and 672 faults: 297.75, 307.95, 218.23.
  EXPECT_EQ(plan.strata()[0].faults, 298);
  EXPECT_EQ(plan.strata()[1].faults, 308);
  EXPECT_EQ(plan.strata()[2].faults, 218);
  for (const SamplingStratum& s : plan.strata()) EXPECT_NEAR(s.margin, 0.05, 0.0002);
}

// A stratum has at least one fault, and no more than there are.
TEST(SamplingPlan, OneFaultAtLeastAndAllAtMost) {
  const SamplingPlan coarse(small_model(), {.scheme = SamplingScheme::data_unaware, .error = 0.99});
  EXPECT_EQ(coarse.faults(), 3 * 32 * 2);  // 2.58^2 x 0.25 / 0.99^2 = 1.7
  const SamplingPlan unlikely(small_model(),
                              {.scheme = SamplingScheme::layer_wise, .error = 0.5, .p = 0.001});
  EXPECT_EQ(unlikely.faults(), 3);
  const SamplingPlan fine(small_model(), {.scheme = SamplingScheme::data_unaware, .error = 0.00001});
  EXPECT_EQ(fine.faults(), fine.population());
  for (const SamplingStratum& s : fine.strata()) EXPECT_EQ(s.margin, 0);
}

TEST(SamplingPlan, SharesOutExactly) {
  // 100 x 120 / 351 = 34.19, 59.83, 5.98: two are left for the largest fractions.
  const SamplingPlan plan(small_model(), {.scheme = SamplingScheme::layer_wise, .faults = 100});
  ASSERT_EQ(plan.strata().size(), 3u);
  EXPECT_EQ(plan.strata()[0].faults, 34);
  EXPECT_EQ(plan.strata()[1].faults, 60);
  EXPECT_EQ(plan.strata()[2].faults, 6);
  for (const int64_t n : {1, 2, 95, 96, 97, 1000, 351 * 32}) {
    for (const SamplingScheme scheme : {SamplingScheme::network_wise, SamplingScheme::data_unaware}) {
      const SamplingPlan shared(small_model(), {.scheme = scheme, .faults = n});
      EXPECT_EQ(shared.faults(), n);
      for (const SamplingStratum& s : shared.strata()) {
        const double share =
            static_cast<double>(n) * static_cast<double>(s.population) / static_cast<double>(351 * 32);
        EXPECT_LT(std::fabs(static_cast<double>(s.faults) - share), 1) << n;
      }
    }
  }
  EXPECT_THROW(SamplingPlan(small_model(), {.faults = 351 * 32 + 1}), Error);
}

TEST(SamplingPlan, DataAwareTakesPFromTheWeights) {
  const Model model = small_model();
  std::vector<const Weight*> kernels;
  for (const Weight& weight : model.data()->graph.weights) kernels.push_back(&weight);
  const std::vector<double> p = bit_probabilities(kernels);
  // Also where only some of its bits are drawn.
  for (const std::vector<int>& bits : {std::vector<int>{}, std::vector<int>{3, 24, 30}}) {
    const SamplingPlan plan(model, {.scheme = SamplingScheme::data_aware, .error = 0.05, .bits = bits});
    for (const SamplingStratum& s : plan.strata()) {
      EXPECT_EQ(s.bit_first, s.bit_last);
      EXPECT_EQ(s.p, p[static_cast<size_t>(s.bit_first)]);
      const double n = sample_size(static_cast<double>(s.population), 0.05, 2.58, s.p);
      EXPECT_EQ(s.faults, std::max<int64_t>(1, std::llround(n)));
    }
  }
}

// 268,336 weights, 20 layers. The published sums are of sizes that are not rounded (290,139.99 and
// 3,600,654.7); whole faults for each of 20 and of 640 strata are 2 and 17 more. Data-aware takes bits 25, 26
// and 30 as if nothing were known of them, 112,521 each, and bit 31 too, whose D is the largest of the
// rest.
TEST(SamplingPlan, SizesOfResnet20) {
  const Model model = Model::load(TFI_TEST_DIR "/../models/CIFAR10/ResNet20.keras");
  const auto plan_of = [&](SamplingScheme scheme) { return SamplingPlan(model, {.scheme = scheme}); };
  EXPECT_EQ(plan_of(SamplingScheme::network_wise).faults(), 16609);
  EXPECT_EQ(plan_of(SamplingScheme::layer_wise).faults(), 290142);
  EXPECT_EQ(plan_of(SamplingScheme::data_unaware).faults(), 3600672);
  EXPECT_EQ(plan_of(SamplingScheme::exhaustive).faults(), 32 * 268336);
  EXPECT_EQ(plan_of(SamplingScheme::published).faults(), 16627);
  for (const auto& [scheme, exact] : {std::pair{SamplingScheme::layer_wise, 290139.985},
                                      std::pair{SamplingScheme::data_unaware, 3600654.742}}) {
    double sum = 0;
    const SamplingPlan plan = plan_of(scheme);
    for (const SamplingStratum& s : plan.strata())
      sum += sample_size(static_cast<double>(s.population), 0.01, 2.58, 0.5);
    EXPECT_NEAR(sum, exact, 0.001);
  }
  std::map<int, int64_t> by_bit;
  const SamplingPlan aware = plan_of(SamplingScheme::data_aware);
  for (const SamplingStratum& s : aware.strata()) by_bit[s.bit_first] += s.faults;
  EXPECT_EQ(aware.faults(), 1077444);
  for (const int bit : {25, 26, 30, 31}) EXPECT_EQ(by_bit[bit], 3600672 / 32) << bit;
}

TEST(SamplingPlan, ExhaustiveListsAreAllFaultsInOrder) {
  const SamplingPlan plan(small_model(),
                          {.scheme = SamplingScheme::exhaustive, .layers = {"dense3"}, .bits = {31, 2}});
  const std::vector<std::vector<std::string>> rows = rows_of(plan);
  ASSERT_EQ(rows.size(), 42u);
  for (size_t i = 0; i < rows.size(); ++i) {
    const size_t element = i / 2;
    const std::string index = "(" + std::to_string(element / 3) + ", " + std::to_string(element % 3) + ")";
    EXPECT_THAT(rows[i], ElementsAre(std::to_string(i), "dense3", index, i % 2 == 0 ? "2" : "31"));
  }
}

TEST(SamplingPlan, AsJson) {
  const SamplingPlan plan(small_model(), {.scheme = SamplingScheme::layer_wise,
                                          .error = 0.1,
                                          .confidence = 0.9,
                                          .p = 0.25,
                                          .seed = 18446744073709551615u,
                                          .layers = {"dense3", "dense7"},
                                          .bits = {31, 30}});
  const Json json = Json::parse(plan.json("ab12"));
  const std::string text = json.dump();
  EXPECT_THAT(text, HasSubstr("\"schema\":1"));
  EXPECT_THAT(text, HasSubstr("\"scheme\":\"layer-wise\""));
  EXPECT_THAT(text, HasSubstr("\"seed\":18446744073709551615"));
  EXPECT_THAT(text, HasSubstr("\"error\":0.1,"));
  EXPECT_THAT(text, HasSubstr("\"confidence\":0.9,"));
  EXPECT_THAT(text, HasSubstr("\"t\":1.64"));
  EXPECT_THAT(text, HasSubstr("\"n\":null"));
  EXPECT_THAT(text, HasSubstr("\"layers\":[\"dense7\",\"dense3\"]"));
  EXPECT_THAT(text, HasSubstr("\"bits\":[30,31]"));
  EXPECT_THAT(text, HasSubstr("\"population\":462"));
  EXPECT_THAT(text, HasSubstr("\"faults\":" + std::to_string(plan.faults()) + ","));
  EXPECT_THAT(text, HasSubstr("\"list_sha256\":\"ab12\""));
  EXPECT_THAT(text, HasSubstr("\"model_sha256\":\"" + std::string(64, 'a') + "\""));
  EXPECT_THAT(text, HasSubstr("\"layer\":\"dense7\""));
  EXPECT_THAT(text, HasSubstr("\"bit_first\":30,\"bit_last\":31"));
  EXPECT_EQ(plan.json("ab12").back(), '\n');
  const Json whole = Json::parse(SamplingPlan(small_model(), {.faults = 12}).json(""));
  EXPECT_THAT(whole.dump(), HasSubstr("\"n\":12"));
  EXPECT_THAT(whole.dump(), HasSubstr("\"layer\":null"));
}

TEST(SamplingPlan, FilesAreTheListAndItsPlan) {
  const std::string folder = testing::TempDir() + "sampling_plan_files";
  std::filesystem::remove_all(folder);
  const std::string path = folder + "/new/list.csv";
  const SamplingPlan plan(small_model(), {.faults = 50, .seed = 5});
  plan.write_files(path);
  const std::string list = read_text(path);
  EXPECT_EQ(list, plan.csv());
  EXPECT_EQ(read_text(path + ".plan.json"), plan.json(sha256_of(list.data(), list.size())));
  EXPECT_THROW(plan.write_files(path), OutputError);
  const SamplingPlan other(small_model(), {.faults = 50, .seed = 6});
  other.write_files(path, true);
  EXPECT_EQ(read_text(path), other.csv());
  EXPECT_NE(read_text(path), list);
  const std::atomic<bool> stop = true;
  EXPECT_THROW(plan.write_files(path, true, &stop), Error);
  EXPECT_EQ(read_text(path), other.csv());
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder + "/new"), {}), 2);
  std::filesystem::remove_all(folder);
}

TEST(SamplingPlan, SchemesHaveNames) {
  for (const SamplingScheme scheme : kAllSchemes)
    EXPECT_EQ(sampling_scheme_named(sampling_scheme_name(scheme)), scheme);
  EXPECT_EQ(sampling_scheme_named("published"), SamplingScheme::published);
  EXPECT_EQ(sampling_scheme_named("random"), std::nullopt);
  EXPECT_EQ(sampling_scheme_named(""), std::nullopt);
}

}  // namespace
}  // namespace tf_injector::detail
