// The published procedure: the order of the layers, their shares, and all published lists byte for byte.
#include "sampling/published.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "io/csv.hpp"
#include "io/file.hpp"
#include "io/sha256.hpp"
#include "sampling/networks.hpp"

namespace tf_injector::detail {
namespace {

using testing::ElementsAre;

// A network of dense layers of four units, and the order in which the lists take them.
struct Branches {
  Graph graph;

  NodeId input(const std::string& name = "in") { return graph.add_input(name, name, Shape{4}); }
  NodeId layer(const std::string& path, NodeId in) {
    const bool is_new = std::none_of(graph.layers.begin(), graph.layers.end(),
                                     [&](const Layer& l) { return l.path == path; });
    if (is_new) {
      const auto kernel = static_cast<WeightId>(graph.weights.size());
      graph.weights.push_back({path, Shape{4, 4}, std::vector<float>(16, 0.5f)});
      graph.layers.push_back({.name = path,
                              .path = path,
                              .class_name = "Dense",
                              .weights = {kernel},
                              .output_shape = Shape{4},
                              .injectable = true});
    }
    return graph.add(path, ops::Dense{.kernel = 0, .units = 4}, {in});
  }
  NodeId sum(NodeId a, NodeId b) { return graph.add("add", ops::Add{}, {a, b}); }
  NodeId concat(std::vector<NodeId> parts) {
    const NodeId wide = graph.add("concat", ops::Concat{0}, parts);
    return graph.add("concat", ops::Slice{{{.count = 4}}}, {wide});
  }
  std::vector<std::string> order(const std::vector<NodeId>& outputs) {
    graph.outputs = outputs;
    const std::vector<size_t> ranks = published_order(graph);
    std::vector<std::string> paths(ranks.size());
    for (size_t i = 0; i < ranks.size(); ++i) paths.at(ranks[i]) = graph.layers[i].path;
    return paths;
  }
};

TEST(PublishedOrder, ChainsKeepTheirs) {
  Branches b;
  const NodeId scores = b.layer("c", b.layer("b", b.layer("a", b.input())));
  EXPECT_THAT(b.order({scores}), ElementsAre("a", "b", "c"));
}

// As Keras sorts an inception block: by depth, the deepest branch first.
TEST(PublishedOrder, BranchesComeOneAfterTheOther) {
  Branches b;
  const NodeId in = b.layer("stem", b.input());
  const NodeId reduced5 = b.layer("5x5 reduced", in), reduced3 = b.layer("3x3 reduced", in);
  const NodeId middle = b.layer("5x5 first", reduced5);
  const NodeId one = b.layer("1x1", in), three = b.layer("3x3", reduced3), five = b.layer("5x5", middle);
  const NodeId pooled = b.layer("pooled", in);
  const NodeId scores = b.layer("scores", b.concat({one, three, five, pooled}));
  EXPECT_THAT(b.order({scores}), ElementsAre("stem", "1x1", "3x3 reduced", "3x3", "5x5 reduced", "5x5 first",
                                             "5x5", "pooled", "scores"));
}

TEST(PublishedOrder, OperandsComeAsTheyAreWritten) {
  for (const bool shortcut_first : {false, true}) {
    Branches b;
    const NodeId in = b.layer("stem", b.input());
    const NodeId first = b.layer("first", in), shortcut = b.layer("shortcut", in);
    const NodeId second = b.layer("second", first);
    const NodeId scores = shortcut_first ? b.sum(shortcut, second) : b.sum(second, shortcut);
    if (shortcut_first) {
      EXPECT_THAT(b.order({scores}), ElementsAre("stem", "shortcut", "first", "second"));
    } else {
      EXPECT_THAT(b.order({scores}), ElementsAre("stem", "first", "second", "shortcut"));
    }
  }
}

// Each layer of a dense block reads all before it: they have been listed.
TEST(PublishedOrder, WhatWasReachedBeforeIsNotListedAgain) {
  Branches b;
  NodeId x = b.input();
  for (const char* name : {"a", "b", "c"}) x = b.concat({x, b.layer(name, x)});
  EXPECT_THAT(b.order({x}), ElementsAre("a", "b", "c"));
}

TEST(PublishedOrder, SharedLayersStandAtTheirFirstCall) {
  Branches b;
  const NodeId in = b.input();
  const NodeId early = b.layer("shared", in), other = b.layer("other", in);
  const NodeId scores = b.sum(b.layer("shared", other), early);
  EXPECT_THAT(b.order({scores}), ElementsAre("other", "shared"));
}

TEST(PublishedOrder, OutputsInTheirOrderAndWhatNoneNeedsLast) {
  Branches b;
  const NodeId in = b.input();
  b.layer("unused", in);
  const NodeId first = b.layer("first", in), second = b.layer("second", in);
  b.layer("unused too", second);
  EXPECT_THAT(b.order({second, first}), ElementsAre("second", "first", "unused", "unused too"));
}

TEST(PublishedOrder, DeepNetworksNeedNoStack) {
  Branches b;
  NodeId x = b.input();
  for (int i = 0; i < 200000; ++i) x = b.graph.add("relu", ops::Activation{}, {x});
  const NodeId scores = b.layer("scores", x);
  EXPECT_THAT(b.order({scores}), ElementsAre("scores"));
}

// 64 x 268,336 faults ask for 16,625; round(n x weights / all): the layers' shares add up to 16,627.
TEST(PublishedCounts, OfResnet20) {
  const std::vector<int64_t> counts = published_counts(test::published_network("CIFAR10", "ResNet20"));
  EXPECT_THAT(counts, ElementsAre(27, 143, 143, 143, 143, 143, 143, 285, 571, 571, 571, 571, 571, 1142, 2284,
                                  2284, 2284, 2284, 2284, 40));
}

// Two layers of 110,592 of 6,378,688 weights: 288.505 of n = 16,640.32, but 288.49990 of 16,640.
TEST(PublishedCounts, NIsRoundedBeforeItIsSharedOut) {
  const std::vector<SampledKernel> kernels = test::published_network("CIFAR100", "GoogLeNet");
  const std::vector<int64_t> counts = published_counts(kernels);
  int layers = 0;
  for (size_t k = 0; k < kernels.size(); ++k) {
    if (kernels[k].elements != 110592) continue;
    EXPECT_EQ(counts[k], 288) << kernels[k].name;
    ++layers;
  }
  EXPECT_EQ(layers, 2);
}

// Every list that was published, from nothing but the networks' shapes. published_lists.csv has the SHA-256
// of the files with LF line ends; that of ResNet20 without the row that was edited by hand (injection 2, bit
// 30 instead of 13).
TEST(PublishedLists, AreMadeAgainByteForByte) {
  const CsvDocument facts = parse_csv(read_text(TFI_TEST_DIR "/sampling/published_lists.csv"));
  ASSERT_EQ(facts.rows.size(), 16u);
  for (size_t i = 1; i < facts.rows.size(); ++i) {
    const std::vector<CsvField>& fact = facts.rows[i].fields;
    ASSERT_EQ(fact.size(), 4u);
    std::string list;
    const std::function<void(std::string_view)> take = [&](std::string_view piece) { list += piece; };
    FaultText text(take);
    const std::vector<SampledKernel> kernels = test::published_network(fact[0].text, fact[1].text);
    draw_published(kernels, text, nullptr);
    text.finish();
    EXPECT_EQ(std::to_string(std::count(list.begin(), list.end(), '\n') - 1), fact[2].text);
    EXPECT_EQ(sha256_of(list.data(), list.size()), fact[3].text) << fact[0].text << " " << fact[1].text;
  }
}

}  // namespace
}  // namespace tf_injector::detail
