// Ops that join tensors along an axis or split one: stack, unstack, split. Shapes are stacked and unstacked
// during import.
#include <algorithm>
#include <numeric>

#include "keras/layers/options.hpp"
#include "keras/ops/ops.hpp"

namespace tf_injector::detail::keras::ops {
namespace {

using detail::ops::Reshape;

// The axis that an argument names in a tensor of `rank` axes, the batch counted in both; the batch itself is
// refused. By default it is the first.
int axis_of(CallContext& call, size_t position, int rank, const char* what) {
  const Argument* axis = call.argument(position, {"axis"});
  const std::vector<int64_t> axes = axis == nullptr ? std::vector<int64_t>{0} : call.axes(*axis, rank);
  if (axes.size() != 1) call.fail("expected one axis");
  if (axes[0] == 0) call.fail(std::string("cannot ") + what + " along the batch axis");
  return static_cast<int>(axes[0]) - 1;
}

// The elements begin ... begin + count - 1 of an axis; `dropped`: a single element, and the axis is removed.
NodeId part(CallContext& call, NodeId input, int axis, int64_t begin, int64_t count, bool dropped) {
  detail::ops::Slice op;
  for (int64_t dim : call.shape(input).dims()) op.axes.push_back({.begin = 0, .step = 1, .count = dim});
  op.axes[static_cast<size_t>(axis)] = {.begin = begin, .step = 1, .count = count, .dropped = dropped};
  return call.add(op, {input});
}

bool has_tensor(const CallContext& call, const std::vector<Argument>& items) {
  for (const Argument& item : items) {
    if (std::holds_alternative<TensorRef>(item.value) && std::holds_alternative<NodeId>(call.value(item)))
      return true;
  }
  return false;
}

// The lengths of the parts of an axis, given as their number, as lengths (one may be -1), or in Keras 3 as
// the positions where they begin.
std::vector<int64_t> part_lengths(CallContext& call, int64_t length) {
  const Argument* given = call.argument(1, {"num_or_size_splits", "indices_or_sections"});
  if (given == nullptr) call.fail("does not say into which parts");
  const Integers parts = call.integers(*given, "parts");
  std::vector<int64_t> lengths;
  for (const Dim& dim : parts.values) {
    if (dim.is_batch) call.fail("parts as many as images are not supported (docs/layers.md)");
    lengths.push_back(dim.value);
  }
  if (parts.is_scalar) {
    const int64_t count = lengths.at(0);
    if (count < 1 || length % count != 0)
      call.fail("cannot split " + std::to_string(length) + " into " + std::to_string(count) + " equal parts");
    if (count > static_cast<int64_t>(kMaxIntegers))
      call.fail("cannot make " + std::to_string(count) + " parts; at most " + std::to_string(kMaxIntegers));
    lengths.assign(static_cast<size_t>(count), length / count);
  } else if (call.generation() == Generation::keras3) {
    lengths.push_back(length);
    for (size_t i = lengths.size(); i-- > 1;) lengths[i] -= lengths[i - 1];
  } else if (const auto open = std::find(lengths.begin(), lengths.end(), -1); open != lengths.end()) {
    *open = 0;
    *open = length - std::accumulate(lengths.begin(), lengths.end(), int64_t{0});
  }
  return lengths;
}

}  // namespace

Values stack(CallContext& call) {
  const Argument* values = call.argument(0, {"values", "x"});
  const auto* items = values == nullptr ? nullptr : std::get_if<std::vector<Argument>>(&values->value);
  if (items == nullptr) call.fail("expected a list of tensors, or of integers of a shape (docs/layers.md)");
  if (!has_tensor(call, *items)) {
    if (const Argument* axis = call.argument(1, {"axis"})) {
      if (call.axes(*axis, 1).size() != 1) call.fail("expected one axis");
    }
    return {call.integers(*values, "values")};
  }
  std::vector<NodeId> tensors;
  for (const Argument& item : *items) tensors.push_back(call.tensor(item));
  const Shape shape = call.shape(tensors[0]);
  const int axis = axis_of(call, 1, shape.rank() + 2, "stack");
  std::vector<int64_t> dims = shape.dims();
  dims.insert(dims.begin() + axis, 1);
  for (NodeId& tensor : tensors) {
    if (call.shape(tensor) != shape)
      call.fail("cannot stack " + shape.to_string() + " and " + call.shape(tensor).to_string());
    tensor = call.add(Reshape{Shape(dims)}, {tensor});
  }
  if (tensors.size() == 1) return {tensors[0]};
  return {layers::add_concat(call, std::move(tensors), axis + 1)};
}

Values unstack(CallContext& call) {
  const Value& value = call.input_value();
  call.ignore_argument(1, {"num"});
  Values parts;
  if (const auto* integers = std::get_if<Integers>(&value)) {
    if (integers->is_scalar) call.fail("cannot unstack a single integer");
    if (const Argument* axis = call.argument(2, {"axis"})) {
      if (call.axes(*axis, 1).size() != 1) call.fail("expected one axis");
    }
    for (const Dim& dim : integers->values) parts.emplace_back(Integers{{dim}, true});
    return parts;
  }
  const NodeId input = call.input();
  const int axis = axis_of(call, 2, call.shape(input).rank() + 1, "unstack");
  const int64_t length = call.shape(input)[axis];
  if (length > static_cast<int64_t>(kMaxIntegers))
    call.fail("cannot make " + std::to_string(length) + " parts; at most " + std::to_string(kMaxIntegers));
  for (int64_t i = 0; i < length; ++i) parts.emplace_back(part(call, input, axis, i, 1, true));
  return parts;
}

Values split(CallContext& call) {
  const NodeId input = call.input();
  const int axis = axis_of(call, 2, call.shape(input).rank() + 1, "split");
  call.ignore_argument(3, {"num"});
  const int64_t length = call.shape(input)[axis];
  Values parts;
  int64_t begin = 0;
  for (int64_t count : part_lengths(call, length)) {
    if (count < 0 || count > length - begin)
      call.fail("parts that leave the axis of " + std::to_string(length));
    parts.emplace_back(part(call, input, axis, begin, count, false));
    begin += count;
  }
  if (begin != length) call.fail("parts of " + std::to_string(begin) + " of " + std::to_string(length));
  return parts;
}

}  // namespace tf_injector::detail::keras::ops
