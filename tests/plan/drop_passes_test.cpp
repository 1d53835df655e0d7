// Steps that nobody reads and steps that only rename: which are left out, which must not be.
#include <gtest/gtest.h>

#include "plan/small_graph.hpp"

namespace tf_injector::detail {
namespace {

using test::expect_same_as_graph;
using test::labels_after;
using test::SmallGraph;
using Labels = std::vector<std::string>;

TEST(DropUnused, LeavesOutWhatDoesNotReachTheScores) {
  SmallGraph g;
  const NodeId in = g.input({6, 6, 3}), a = g.conv(in), unread = g.relu(a), b = g.pool(a);
  (void)g.pool(unread);
  g.scores({b});
  EXPECT_EQ(labels_after(g, {plan::drop_unused}), (Labels{"Conv2D", "MaxPool2D"}));
  expect_same_as_graph(g);
}

TEST(DropUnused, DependsOnTheOutputThatIsScored) {
  SmallGraph g;
  const NodeId in = g.input({6, 6, 3}), a = g.conv(in), b = g.pool(a), c = g.relu(a);
  g.scores({b, c, a, in});
  EXPECT_EQ(labels_after(g, {plan::drop_unused}, 0), (Labels{"Conv2D", "MaxPool2D"}));
  EXPECT_EQ(labels_after(g, {plan::drop_unused}, 1), (Labels{"Conv2D", "Activation"}));
  EXPECT_EQ(labels_after(g, {plan::drop_unused}, 2), (Labels{"Conv2D"}));
  EXPECT_EQ(labels_after(g, {plan::drop_unused}, 3), Labels{});
  for (const int output : {0, 1, 2, 3}) expect_same_as_graph(g, output);
}

TEST(DropUnused, KeepsAllInputs) {
  SmallGraph g;
  (void)g.input({4});
  g.scores({g.dense(g.input({7}))});
  plan::Draft draft = plan::draft_of(g.graph, 0);
  plan::drop_unused(draft);
  EXPECT_EQ(draft.inputs.size(), 2u);
  expect_same_as_graph(g);
}

// One step between two others; what drop_copies leaves of it.
struct Step {
  const char* what;
  Shape input;
  Op op;
  bool is_dropped;
};

class OneStep : public testing::TestWithParam<Step> {};

TEST_P(OneStep, IsDroppedIfItMovesNothing) {
  const auto& [what, input, op, is_dropped] = GetParam();
  SmallGraph inside, first, last;
  {
    const NodeId in = inside.input(input), a = inside.relu(in), b = inside.add(op, {a});
    inside.scores({inside.add(ops::Function{.kind = ops::FunctionKind::softsign}, {b})});
  }
  first.scores({first.relu(first.add(op, {first.input(input)}))});
  last.scores({last.add(op, {last.relu(last.input(input))})});
  for (const SmallGraph* g : {&inside, &first, &last}) {
    const size_t steps = g == &inside ? 3 : 2;
    EXPECT_EQ(labels_after(*g, {plan::drop_copies}).size(), is_dropped ? steps - 1 : steps) << what;
    expect_same_as_graph(*g);
  }
}

INSTANTIATE_TEST_SUITE_P(
    DropCopies, OneStep,
    testing::Values(
        Step{"reshape", {2, 3, 4}, ops::Reshape{Shape{24}}, true},
        Step{"transpose of axes of one", {1, 5, 1, 4}, ops::Transpose{{1, 0, 3, 2}}, true},
        Step{"transpose of an axis of one to the end", {1, 5, 4}, ops::Transpose{{1, 2, 0}}, true},
        Step{"transpose of nothing", {3, 5, 4}, ops::Transpose{{0, 1, 2}}, true},
        Step{"transpose of two axes", {3, 5, 4}, ops::Transpose{{0, 2, 1}}, false},
        Step{"transpose around an axis of one", {3, 1, 4}, ops::Transpose{{2, 1, 0}}, false},
        Step{"transpose of equal axes", {4, 4}, ops::Transpose{{1, 0}}, false},
        Step{"slice of everything", {3, 4}, ops::Slice{{{0, 1, 3}, {0, 1, 4}}}, true},
        Step{"slice of the only one", {1, 4}, ops::Slice{{{0, 1, 1, true}, {0, 1, 4}}}, true},
        Step{"slice of the only one, backwards", {1, 4}, ops::Slice{{{0, -1, 1}, {0, 1, 4}}}, true},
        Step{"slice without the first", {3, 4}, ops::Slice{{{0, 1, 3}, {1, 1, 3}}}, false},
        Step{"slice without the last", {3, 4}, ops::Slice{{{0, 1, 2}, {0, 1, 4}}}, false},
        Step{"slice backwards", {3, 4}, ops::Slice{{{0, 1, 3}, {3, -1, 4}}}, false},
        Step{"slice of two, backwards", {2, 4}, ops::Slice{{{1, -1, 2}, {0, 1, 4}}}, false},
        Step{"slice of every second", {4}, ops::Slice{{{0, 2, 2}}}, false},
        Step{"concat of one", {3, 4}, ops::Concat{1}, true}, Step{"sum of one", {3, 4}, ops::Add{}, true},
        Step{"relu", {3, 4}, ops::Activation{}, false}));

TEST(DropCopies, SumsAndJoinsOfMoreThanOneStay) {
  SmallGraph g;
  const NodeId in = g.input({3, 4});
  g.scores({g.sum(in, in), g.add(ops::Concat{0}, {in, in})});
  EXPECT_EQ(labels_after(g, {plan::drop_unused, plan::drop_copies}, 0), (Labels{"Add"}));
  EXPECT_EQ(labels_after(g, {plan::drop_unused, plan::drop_copies}, 1), (Labels{"Concat"}));
  expect_same_as_graph(g, 0);
  expect_same_as_graph(g, 1);
}

// Each reader keeps the shape that it was written with.
TEST(DropCopies, ReadersSeeTheShapesTheyReadBefore) {
  SmallGraph g;
  const NodeId in = g.input({2, 3, 4}), a = g.relu(in), flat = g.reshape(a, {24}),
               rows = g.reshape(flat, {6, 4});
  const NodeId d = g.dense(rows, 3), e = g.dense(flat, 18);
  g.scores({g.sum(g.reshape(d, {18}), e)});
  plan::Draft draft = plan::draft_of(g.graph, 0);
  plan::drop_copies(draft);
  ASSERT_EQ(draft.steps.size(), 4u);
  EXPECT_EQ(draft.steps[1].inputs[0].value, a);
  EXPECT_EQ(draft.steps[1].inputs[0].shape, (Shape{6, 4}));
  EXPECT_EQ(draft.steps[2].inputs[0].value, a);
  EXPECT_EQ(draft.steps[2].inputs[0].shape, (Shape{24}));
  EXPECT_EQ(draft.steps[3].inputs[0].value, d);
  expect_same_as_graph(g);
}

TEST(DropCopies, OfNothingButCopiesTheInputIsLeft) {
  SmallGraph g;
  const NodeId in = g.input({2, 3}), a = g.reshape(in, {6});
  g.scores({g.reshape(a, {3, 2})});
  EXPECT_EQ(labels_after(g, {plan::drop_copies}), Labels{});
  plan::Draft draft = plan::draft_of(g.graph, 0);
  plan::drop_copies(draft);
  EXPECT_EQ(draft.output.value, in);
  EXPECT_EQ(draft.output.shape, (Shape{3, 2}));
  expect_same_as_graph(g);
}

}  // namespace
}  // namespace tf_injector::detail
