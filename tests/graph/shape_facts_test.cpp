// Shape rules against TensorFlow's own shapes: shape_facts.csv, made by tools/shape_facts.py.
#include <gtest/gtest.h>

#include <map>
#include <sstream>

#include "graph/graph.hpp"
#include "io/csv.hpp"
#include "io/file.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail {
namespace {

std::vector<int64_t> numbers(const std::string& text) {
  std::istringstream in(text);
  std::vector<int64_t> values;
  for (int64_t value; in >> value;) values.push_back(value);
  return values;
}

ops::Padding padding(int64_t number) { return number == 0 ? ops::Padding::valid : ops::Padding::same; }

// The op of a row; the order of the arguments is that of tools/shape_facts.py.
Op make_op(const std::string& name, const std::vector<int64_t>& a) {
  if (name == "conv2d") {
    ops::Conv2D op;
    op.kernel_size = {a.at(0), a.at(1)};
    op.strides = {a.at(2), a.at(3)};
    op.dilation = {a.at(4), a.at(5)};
    op.groups = a.at(6);
    op.filters = a.at(7);
    op.padding = padding(a.at(8));
    return op;
  }
  if (name == "average_pool2d") {
    return ops::AveragePool2D{{a.at(0), a.at(1)}, {a.at(2), a.at(3)}, padding(a.at(4))};
  }
  if (name == "global_average_pool") return ops::GlobalAveragePool{.keepdims = a.at(0) == 1};
  if (name == "reshape") return ops::Reshape{Shape(a)};
  if (name == "transpose") return ops::Transpose{{a.begin(), a.end()}};
  if (name == "pad") {
    ops::Pad op;
    for (size_t i = 0; i + 1 < a.size(); i += 2) op.paddings.push_back({a[i], a[i + 1]});
    return op;
  }
  if (name == "slice") {
    ops::Slice op;
    for (size_t i = 0; i + 3 < a.size(); i += 4) op.axes.push_back({a[i], a[i + 1], a[i + 2], a[i + 3] == 1});
    return op;
  }
  EXPECT_EQ(name, "dense");
  ops::Dense dense;
  dense.units = a.at(0);
  return dense;
}

std::string shape_or_refused(const Op& op, const Shape& input) {
  try {
    return infer_shape(op, std::span(&input, 1)).to_string();
  } catch (const ModelError&) {
    return "refused";
  }
}

TEST(ShapeFacts, EveryShapeIsTensorFlows) {
  const std::string path = TFI_TEST_DIR "/graph/shape_facts.csv";
  const CsvDocument document = parse_csv(read_text(path));
  ASSERT_TRUE(document.problems.empty());
  std::map<std::string, int> seen;
  for (size_t i = 1; i < document.rows.size(); ++i) {
    const std::vector<CsvField>& row = document.rows[i].fields;
    ASSERT_EQ(row.size(), 4u);
    const Op op = make_op(row[0].text, numbers(row[1].text));
    const std::string expected =
        row[3].text == "refused" ? row[3].text : Shape(numbers(row[3].text)).to_string();
    EXPECT_EQ(shape_or_refused(op, Shape(numbers(row[2].text))), expected)
        << path << ":" << document.rows[i].line << ": " << row[0].text << " " << row[1].text << " of "
        << row[2].text;
    ++seen[row[0].text];
  }
  EXPECT_EQ(seen.size(), 8u);
}

// tf.nn.conv2d of ones with a kernel of ones, padding SAME: the first value counts the taps that are inside.
TEST(ShapeFacts, SamePutsTheOddZeroBehind) {
  using ops::Padding;
  EXPECT_EQ(ops::padding_of(32, 3, 1, 1, Padding::same), (std::array<int64_t, 2>{1, 1}));
  EXPECT_EQ(ops::padding_of(32, 3, 2, 1, Padding::same), (std::array<int64_t, 2>{0, 1}));
  EXPECT_EQ(ops::padding_of(33, 3, 2, 1, Padding::same), (std::array<int64_t, 2>{1, 1}));
  EXPECT_EQ(ops::padding_of(32, 2, 1, 1, Padding::same), (std::array<int64_t, 2>{0, 1}));
  EXPECT_EQ(ops::padding_of(32, 3, 1, 2, Padding::same), (std::array<int64_t, 2>{2, 2}));
  EXPECT_EQ(ops::padding_of(4, 1, 3, 1, Padding::same), (std::array<int64_t, 2>{0, 0}));
  EXPECT_EQ(ops::padding_of(32, 3, 1, 1, Padding::valid), (std::array<int64_t, 2>{0, 0}));
}

}  // namespace
}  // namespace tf_injector::detail
