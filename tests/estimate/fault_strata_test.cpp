// The strata of a network's faults: each fault in exactly one, the signs right, the names those of fault
// lists.
#include "estimate/fault_strata.hpp"

#include <gmock/gmock.h>

#include <map>
#include <set>
#include <tuple>

#include "plan/small_graph.hpp"
#include "session/model_data.hpp"
#include "support/small_network.hpp"
#include "tf_injector/error.hpp"
#include "tf_injector/fault_list.hpp"

namespace tf_injector::detail::test {
namespace {

using Part = FaultStratum::Part;
using Key = std::tuple<std::string, std::vector<int64_t>, int>;

Key key_of(const Fault& fault) {
  return {fault.parts.front().layer, fault.parts.front().index, flipped_bit(fault)};
}

// Conv2D and Dense of a graph as layers that faults can hit, with these paths.
void add_layer(Graph& graph, const std::string& path, WeightId kernel) {
  const size_t slash = path.rfind('/');
  graph.layers.push_back({.name = slash == std::string::npos ? path : path.substr(slash + 1),
                          .path = path,
                          .class_name = "Conv2D",
                          .weights = {kernel},
                          .output_shape = {},
                          .injectable = true});
}

std::set<Key> faults_of(const FaultPopulation& population, const std::vector<FaultStratum>& strata) {
  std::set<Key> found;
  for (const FaultStratum& stratum : strata) {
    EXPECT_GT(stratum.faults, 0);
    for (int64_t i = 0; i < stratum.faults; ++i) {
      const Fault fault = population.fault(stratum, i, 7);
      EXPECT_EQ(fault.id, 7);
      EXPECT_EQ(flipped_bit(fault), stratum.bit);
      EXPECT_TRUE(found.insert(key_of(fault)).second) << "twice";
    }
  }
  return found;
}

TEST(FaultPopulation, StrataHaveEachFaultOnce) {
  const Model model = small_network();
  std::set<Key> expected;
  for (const Fault& fault : all_faults(model)) expected.insert(key_of(fault));
  const FaultPopulation population(model.data()->graph, "small");
  EXPECT_EQ(population.faults(0, population.kernels(), 32), static_cast<int64_t>(expected.size()));
  for (const EstimateMetric metric :
       {EstimateMetric::critical, EstimateMetric::masked, EstimateMetric::due}) {
    for (const bool split : {false, true}) {
      EstimateOptions options;
      options.metric = metric;
      options.split_by_sign = split;
      EXPECT_EQ(faults_of(population, population.strata(0, population.kernels(), 0, 31, options)), expected);
    }
  }
}

TEST(FaultPopulation, ALayersStrataHaveItsFaults) {
  const Model model = small_network();
  const FaultPopulation population(model.data()->graph, "small");
  std::set<Key> together;
  for (size_t k = 0; k < population.kernels(); ++k) {
    const std::set<Key> part = faults_of(population, population.strata(k, k + 1, 3, 30, {}));
    EXPECT_EQ(static_cast<int64_t>(part.size()), population.faults(k, k + 1, 28));
    for (const Key& key : part) EXPECT_EQ(std::get<0>(key), population.layer(k));
    together.insert(part.begin(), part.end());
  }
  EXPECT_EQ(static_cast<int64_t>(together.size()), population.faults(0, population.kernels(), 28));
}

// The signs that stratum `part` of bit 30 has, of weight x gamma as the test computes it.
void expect_signs(const Graph& graph, const std::vector<float>& gamma, WeightId kernel) {
  const FaultPopulation population(graph, "test");
  const Weight& weight = graph.weights[static_cast<size_t>(kernel)];
  const auto& dims = weight.shape.dims();
  int64_t seen = 0;
  for (const FaultStratum& stratum : population.strata(0, 1, 30, 30, {})) {
    ASSERT_NE(stratum.part, Part::all);
    for (int64_t i = 0; i < stratum.faults; ++i, ++seen) {
      const std::vector<int64_t> index = population.fault(stratum, i, 0).parts.front().index;
      int64_t element = 0;
      for (size_t axis = 0; axis < dims.size(); ++axis) element = element * dims[axis] + index[axis];
      const float factor = gamma.empty() ? 1.0f : gamma[static_cast<size_t>(index.back())];
      const float product = weight.values[static_cast<size_t>(element)] * factor;
      EXPECT_EQ(product < 0, stratum.part == Part::negative) << element;
    }
  }
  EXPECT_EQ(seen, weight.shape.elements());
}

TEST(FaultPopulation, SignsAreThoseOfWeightTimesGamma) {
  SmallGraph small;
  const NodeId conv = small.conv(small.input({6, 6, 3}), 4), norm = small.normalize(conv);
  small.scores({small.relu(norm)});
  const WeightId kernel = std::get<ops::Conv2D>(small.graph.nodes[static_cast<size_t>(conv)].op).kernel;
  const WeightId gamma =
      std::get<ops::BatchNormalization>(small.graph.nodes[static_cast<size_t>(norm)].op).gamma;
  small.values(gamma) = {1.0f, -2.0f, 0.5f, -0.25f};
  add_layer(small.graph, "conv", kernel);
  expect_signs(small.graph, small.values(gamma), kernel);
}

TEST(FaultPopulation, WithoutGammaSignsAreTheWeights) {
  SmallGraph no_scale;
  const NodeId conv = no_scale.conv(no_scale.input({6, 6, 3}), 4), norm = no_scale.normalize(conv);
  no_scale.scores({norm});
  std::get<ops::BatchNormalization>(no_scale.graph.nodes[static_cast<size_t>(norm)].op).gamma = kNoWeight;
  const WeightId kernel = std::get<ops::Conv2D>(no_scale.graph.nodes[static_cast<size_t>(conv)].op).kernel;
  add_layer(no_scale.graph, "conv", kernel);
  expect_signs(no_scale.graph, {}, kernel);

  SmallGraph dense;
  const NodeId node = dense.dense(dense.input({9}), 4);
  dense.scores({dense.relu(node)});
  const WeightId of_dense = std::get<ops::Dense>(dense.graph.nodes[static_cast<size_t>(node)].op).kernel;
  add_layer(dense.graph, "dense", of_dense);
  expect_signs(dense.graph, {}, of_dense);
}

// Two readers: the sum is not the BatchNormalization's alone.
TEST(FaultPopulation, AnotherReaderIsNoGamma) {
  SmallGraph small;
  const NodeId conv = small.conv(small.input({6, 6, 3}), 4), norm = small.normalize(conv);
  small.scores({small.sum(norm, conv)});
  const WeightId kernel = std::get<ops::Conv2D>(small.graph.nodes[static_cast<size_t>(conv)].op).kernel;
  const WeightId gamma =
      std::get<ops::BatchNormalization>(small.graph.nodes[static_cast<size_t>(norm)].op).gamma;
  small.values(gamma) = {-1.0f, -2.0f, -0.5f, -0.25f};
  add_layer(small.graph, "conv", kernel);
  expect_signs(small.graph, {}, kernel);
}

TEST(FaultPopulation, ASharedKernelIsCountedOnce) {
  SmallGraph small;
  const NodeId first = small.dense(small.input({5}), 5);
  const ops::Dense shared = std::get<ops::Dense>(small.graph.nodes[static_cast<size_t>(first)].op);
  small.scores({small.add(shared, {first})});
  add_layer(small.graph, "dense", shared.kernel);  // Keras lists a shared layer once
  const FaultPopulation population(small.graph, "test");
  EXPECT_EQ(population.faults(0, 1, 32), 5 * 5 * 32);
}

// "conv" is in two models, one of which is in a model of the other's name: a list must tell them apart.
TEST(FaultPopulation, NamesAreTakenByFaultLists) {
  SmallGraph small;
  NodeId node = small.input({8, 8, 3});
  std::vector<WeightId> kernels;
  for (int i = 0; i < 4; ++i) {
    node = small.conv(node, 3, 1);
    kernels.push_back(std::get<ops::Conv2D>(small.graph.nodes[static_cast<size_t>(node)].op).kernel);
  }
  small.scores({small.add(ops::GlobalAveragePool{}, {node})});
  add_layer(small.graph, "a/conv", kernels[0]);
  add_layer(small.graph, "b/conv", kernels[1]);
  add_layer(small.graph, "b/a/conv", kernels[2]);
  add_layer(small.graph, "alone", kernels[3]);
  const Model model = model_of(small.graph, "nested.keras", std::string(64, 'a'));
  const FaultPopulation population(model.data()->graph, "test");
  ASSERT_EQ(population.kernels(), 4U);
  EXPECT_EQ(population.layer(3), "alone");
  std::vector<Fault> faults;
  std::set<std::string> names;
  for (const FaultStratum& stratum : population.strata(0, 4, 0, 31, {}))
    for (int64_t i = 0; i < stratum.faults; ++i)
      faults.push_back(population.fault(stratum, i, static_cast<int64_t>(faults.size())));
  for (const Fault& fault : faults) names.insert(fault.parts.front().layer);
  EXPECT_EQ(names.size(), 4U);
  EXPECT_EQ(FaultList::from_faults(faults, model).size(), faults.size());
  EXPECT_EQ(FaultList::from_faults(faults, model).layers(), 4U);
}

TEST(FaultPopulation, ANetworkWithoutKernelsIsRefused) {
  SmallGraph small;
  small.scores({small.relu(small.input({4, 4, 3}))});
  try {
    const FaultPopulation population(small.graph, "none.keras");
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("none.keras: no layer has a kernel"));
  }
}

}  // namespace
}  // namespace tf_injector::detail::test
