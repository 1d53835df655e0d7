#include "graph/value_range.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <initializer_list>
#include <vector>

#include "core/elementary.hpp"

namespace tf_injector::detail {
namespace {

using ops::BinaryKind;
using ops::FunctionKind;

// Computes ranges in topological order: those of a node's inputs are known.
class Ranges {
 public:
  explicit Ranges(const Graph& graph) : graph_(graph) {}

  void add(const Node& node) {
    node_ = &node;
    ranges_.push_back(std::visit([this](const auto& op) { return of(op); }, node.op));
  }
  [[nodiscard]] ValueRange last() const { return ranges_.back(); }

 private:
  [[nodiscard]] ValueRange input(size_t i = 0) const {
    return ranges_.at(static_cast<size_t>(node_->inputs.at(i)));
  }

  static ValueRange both(const ValueRange& a, const ValueRange& b) {
    return {std::min(a.least, b.least), std::max(a.most, b.most)};
  }

  // The range of the results at the ends of both ranges; unbounded for inf - inf and 0 * inf.
  static ValueRange span_of(std::initializer_list<double> ends) {
    if (std::any_of(ends.begin(), ends.end(), [](double end) { return std::isnan(end); })) return {};
    return {std::min(ends), std::max(ends)};
  }

  static ValueRange clipped(const ValueRange& x, double least, double most) {
    return {std::clamp(x.least, least, most), std::clamp(x.most, least, most)};
  }

  // Ops that only move values, select some of them, or average them.
  template <typename Kept>
  [[nodiscard]] ValueRange of(const Kept&) const
      requires(std::is_same_v<Kept, ops::Reshape> || std::is_same_v<Kept, ops::Transpose> ||
               std::is_same_v<Kept, ops::Slice> || std::is_same_v<Kept, ops::Repeat> ||
               std::is_same_v<Kept, ops::Mask> || std::is_same_v<Kept, ops::AveragePool2D> ||
               std::is_same_v<Kept, ops::GlobalAveragePool> || std::is_same_v<Kept, ops::MaxPool2D> ||
               std::is_same_v<Kept, ops::GlobalMaxPool>) {
    return input();
  }
  template <typename Unbounded>
  [[nodiscard]] ValueRange of(const Unbounded&) const
      requires(std::is_same_v<Unbounded, ops::Input> || std::is_same_v<Unbounded, ops::Conv2D> ||
               std::is_same_v<Unbounded, ops::Dense> || std::is_same_v<Unbounded, ops::DepthwiseConv2D> ||
               std::is_same_v<Unbounded, ops::BatchNormalization> ||
               std::is_same_v<Unbounded, ops::LayerNormalization>) {
    return {};
  }
  [[nodiscard]] static ValueRange of(const ops::Softmax&) { return {0, 1}; }
  [[nodiscard]] static ValueRange of(const ops::LogSoftmax&) { return {.most = 0}; }

  [[nodiscard]] ValueRange of(const ops::Pad& op) const { return both(input(), {op.value, op.value}); }
  [[nodiscard]] ValueRange of(const ops::Concat&) const {
    ValueRange range = input();
    for (size_t i = 1; i < node_->inputs.size(); ++i) range = both(range, input(i));
    return range;
  }
  // Results of the other methods may exceed the range of the inputs.
  [[nodiscard]] ValueRange of(const ops::Resize& op) const {
    const bool is_mean = op.method == ops::ResizeMethod::nearest || op.method == ops::ResizeMethod::area ||
                         op.method == ops::ResizeMethod::bilinear;
    return is_mean ? input() : ValueRange{};
  }
  [[nodiscard]] ValueRange of(const ops::Add&) const {
    ValueRange sum{0, 0};
    for (size_t i = 0; i < node_->inputs.size(); ++i) {
      sum.least += input(i).least;
      sum.most += input(i).most;
    }
    return sum;
  }

  [[nodiscard]] ValueRange of(const ops::Activation& op) const {
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    return clipped(input(), 0, op.kind == ops::ActivationKind::relu6 ? 6 : kInfinity);
  }

  [[nodiscard]] ValueRange of(const ops::Function& op) const {
    const ValueRange x = input();
    switch (op.kind) {
      case FunctionKind::sigmoid:
      case FunctionKind::hard_sigmoid:
      case FunctionKind::hard_sigmoid_6:
        return {0, 1};
      case FunctionKind::tanh:
      case FunctionKind::softsign:
        return {-1, 1};
      case FunctionKind::exponential:
        return {exp_of(x.least), exp_of(x.most)};
      case FunctionKind::round:
        return {std::nearbyint(x.least), std::nearbyint(x.most)};
      case FunctionKind::softplus:
        return {.least = 0};
      case FunctionKind::general_relu:
        return op.alpha == 0 && op.threshold == 0 ? clipped(x, 0, op.max_value) : ValueRange{};
      case FunctionKind::elu:
      case FunctionKind::leaky_relu:
        return x.least >= 0 ? x : ValueRange{};
      default:
        return {};
    }
  }

  [[nodiscard]] ValueRange of(const ops::Binary& op) const {
    if (op.constant == kNoWeight) return combined(op.kind, input(0), input(1));
    const std::vector<float>& values = graph_.weights.at(static_cast<size_t>(op.constant)).values;
    if (values.empty()) return {};
    const auto [least, most] = std::minmax_element(values.begin(), values.end());
    const ValueRange constant{*least, *most};
    return op.constant_first ? combined(op.kind, constant, input()) : combined(op.kind, input(), constant);
  }

  static ValueRange combined(BinaryKind kind, const ValueRange& a, const ValueRange& b) {
    const auto at_ends = [&](const auto& f) {
      return span_of({f(a.least, b.least), f(a.least, b.most), f(a.most, b.least), f(a.most, b.most)});
    };
    switch (kind) {
      case BinaryKind::add:
        return {a.least + b.least, a.most + b.most};
      case BinaryKind::subtract:
        return {a.least - b.most, a.most - b.least};
      case BinaryKind::multiply:
        return at_ends(std::multiplies<>());
      case BinaryKind::divide:
        return b.least > 0 || b.most < 0 ? at_ends(std::divides<>()) : ValueRange{};
      case BinaryKind::maximum:
        return {std::max(a.least, b.least), std::max(a.most, b.most)};
      case BinaryKind::minimum:
        return {std::min(a.least, b.least), std::min(a.most, b.most)};
    }
    return {};
  }

  const Graph& graph_;
  const Node* node_ = nullptr;
  std::vector<ValueRange> ranges_;
};

}  // namespace

ValueRange value_range(const Graph& graph, NodeId node) {
  Ranges ranges(graph);
  for (NodeId id = 0; id <= node; ++id) ranges.add(graph.nodes.at(static_cast<size_t>(id)));
  return ranges.last();
}

}  // namespace tf_injector::detail
