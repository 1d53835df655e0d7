// Arithmetic on tensors and constants, and on the integers of shapes, which is done during import.
#include <algorithm>
#include <optional>

#include "keras/ops/ops.hpp"

namespace tf_injector::detail::keras::ops {
namespace {

const Argument& operand(CallContext& call, size_t position) {
  const Argument* found = position == 0 ? call.argument(0, {"x", "x1", "a"}) : call.argument(1, {"y", "x2"});
  if (found == nullptr) call.fail("expected two operands");
  return *found;
}

// The integers of a shape, or a constant integer as the other operand.
std::optional<Integers> shape_integers(CallContext& call, const Argument& argument) {
  if (const Json* constant = argument.constant()) {
    const auto is_integer = [](const Json& value) { return value.is_number_integer(); };
    return is_integer(*constant) ||
                   (constant->is_array() && std::all_of(constant->begin(), constant->end(), is_integer))
               ? std::optional(call.integers(argument, "operand"))
               : std::nullopt;
  }
  if (!std::holds_alternative<TensorRef>(argument.value)) return call.integers(argument, "operand");
  const auto* integers = std::get_if<Integers>(&call.value(argument));
  return integers != nullptr ? std::optional(*integers) : std::nullopt;
}

template <typename Compute>
Integers combine(CallContext& call, const Integers& a, const Integers& b, const Compute& compute) {
  Integers result;
  result.is_scalar = a.is_scalar && b.is_scalar;
  const size_t n = a.is_scalar ? b.values.size() : a.values.size();
  if (!a.is_scalar && !b.is_scalar && a.values.size() != b.values.size()) {
    call.fail("arithmetic of shapes of different ranks");
  }
  for (size_t i = 0; i < n; ++i) {
    const Dim& x = a.values.at(a.is_scalar ? 0 : i);
    const Dim& y = b.values.at(b.is_scalar ? 0 : i);
    if (x.is_batch || y.is_batch)
      call.fail("arithmetic with the number of images is not supported (docs/layers.md)");
    int64_t out = 0;
    if (compute(x.value, y.value, out)) call.fail("arithmetic of shapes overflows or divides by zero");
    result.values.push_back({out, false});
  }
  return result;
}

// Both operands as integers; nothing if one is a tensor of the graph.
template <typename Compute>
std::optional<Values> fold(CallContext& call, const Compute& compute) {
  const auto a = shape_integers(call, operand(call, 0));
  const auto b = shape_integers(call, operand(call, 1));
  if (!a || !b) return std::nullopt;
  return Values{combine(call, *a, *b, compute)};
}

using detail::ops::BinaryKind;

// A division converts integers to floats; in Keras 3 so does a constant that is no integer.
NodeId floats(CallContext& call, BinaryKind kind, NodeId x, const Json& constant) {
  const bool casts =
      kind == BinaryKind::divide || (call.generation() == Generation::keras3 && constant.is_number_float());
  return is_integer(call.type(x)) && casts ? call.as_type(x, NumberType::float32) : x;
}

// TensorFlow divides int32 and int64 in float64. Rounded to float32 that equals the float32 quotient, because
// float64 has more than twice the digits.
NumberType quotient_type(const CallContext& call, BinaryKind kind, NodeId x) {
  const NumberType type = call.type(x);
  const bool wide = type == NumberType::int32 || type == NumberType::int64;
  return kind == BinaryKind::divide && wide && call.generation() == Generation::keras2 ? NumberType::float64
                                                                                       : NumberType::float32;
}

NodeId with_constant(CallContext& call, BinaryKind kind, NodeId x, const Json& constant, bool first) {
  const NodeId taken = floats(call, kind, x, constant);
  const NodeId result =
      call.add_binary(kind, taken, call.constant(constant, call.shape(x).rank(), "operand"), first);
  return taken == x ? result : call.as_type(result, quotient_type(call, kind, x));
}

// The operation on two tensors of the graph, or on one and a constant.
NodeId tensors(CallContext& call, BinaryKind kind) {
  const Argument &first = operand(call, 0), &second = operand(call, 1);
  const Json *a = first.constant(), *b = second.constant();
  if (a != nullptr && b != nullptr) call.fail("expected a tensor, found two constants");
  if (b != nullptr) return with_constant(call, kind, call.tensor(first), *b, false);
  const NodeId y = call.tensor(second);
  if (a != nullptr) return with_constant(call, kind, y, *a, true);
  const NodeId x = call.tensor(first);
  if (kind == BinaryKind::add && call.shape(x) == call.shape(y)) return call.add(detail::ops::Add{}, {x, y});
  return call.add_binary(kind, x, y);
}

}  // namespace

Values add(CallContext& call) {
  const auto sum = [](int64_t x, int64_t y, int64_t& out) { return __builtin_add_overflow(x, y, &out); };
  if (auto folded = fold(call, sum)) return *folded;
  return {tensors(call, BinaryKind::add)};
}

Values subtract(CallContext& call) {
  const auto difference = [](int64_t x, int64_t y, int64_t& out) {
    return __builtin_sub_overflow(x, y, &out);
  };
  if (auto folded = fold(call, difference)) return *folded;
  return {tensors(call, BinaryKind::subtract)};
}

Values multiply(CallContext& call) {
  const auto product = [](int64_t x, int64_t y, int64_t& out) { return __builtin_mul_overflow(x, y, &out); };
  if (auto folded = fold(call, product)) return *folded;
  return {tensors(call, BinaryKind::multiply)};
}

// The bias is per channel: along the last axis, or the first after the batch.
Values bias_add(CallContext& call) {
  const NodeId x = call.input();
  const int rank = call.shape(x).rank();
  const Argument* bias = call.argument(1, {"bias"});
  if (bias == nullptr || bias->constant() == nullptr) call.fail("expected a constant bias (docs/layers.md)");
  Constant values = call.constant(*bias->constant(), 1, "bias");
  const Argument* format = call.argument(2, {"data_format"});
  const bool channels_first = format != nullptr && call.text(*format, "data_format").starts_with("NC");
  const int axis = channels_first ? 0 : rank - 1;
  if (rank < 1 || values.shape != Shape{call.shape(x)[axis]})
    call.fail("expected a bias for each channel of " + call.shape(x).to_string() + ", found " +
              values.shape.to_string());
  std::vector<int64_t> dims(static_cast<size_t>(rank), 1);
  dims[static_cast<size_t>(axis)] = values.shape[0];
  values.shape = Shape(std::move(dims));
  return {call.add_binary(BinaryKind::add, x, std::move(values))};
}

Values divide(CallContext& call) { return {tensors(call, BinaryKind::divide)}; }

Values maximum(CallContext& call) { return {tensors(call, BinaryKind::maximum)}; }

Values minimum(CallContext& call) { return {tensors(call, BinaryKind::minimum)}; }

// TensorFlow applies the minimum first.
Values clip(CallContext& call) {
  const Argument* low = call.argument(1, {"clip_value_min", "x_min"});
  const Argument* high = call.argument(2, {"clip_value_max", "x_max"});
  if (low == nullptr || high == nullptr || low->constant() == nullptr || high->constant() == nullptr)
    call.fail("expected constants as the bounds of clipping");
  const NodeId x = call.input();
  const int rank = call.shape(x).rank();
  const NodeId below =
      call.add_binary(BinaryKind::minimum, x, call.constant(*high->constant(), rank, "upper bound"));
  return {call.add_binary(BinaryKind::maximum, below, call.constant(*low->constant(), rank, "lower bound"))};
}

Values negative(CallContext& call) {
  return {call.add_binary(BinaryKind::multiply, call.input(), Constant{Shape(), {-1.0f}})};
}

Values square(CallContext& call) {
  const NodeId x = call.input();
  return {call.add_binary(BinaryKind::multiply, x, x)};
}

Values floor_divide(CallContext& call) {
  const auto quotient = [](int64_t x, int64_t y, int64_t& out) {
    if (y == 0 || (y == -1 && x == INT64_MIN)) return true;
    out = x / y - (x % y != 0 && (x < 0) != (y < 0) ? 1 : 0);
    return false;
  };
  if (auto folded = fold(call, quotient)) return *folded;
  call.fail("floor division of tensors is not supported, only of the integers of a shape (docs/layers.md)");
}

}  // namespace tf_injector::detail::keras::ops
