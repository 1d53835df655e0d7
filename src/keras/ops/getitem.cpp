// x[...]: slices, integers, Ellipsis and newaxis, on tensors and on the integers of shapes.
#include <algorithm>
#include <limits>
#include <optional>

#include "keras/ops/ops.hpp"

namespace tf_injector::detail::keras::ops {
namespace {

// One part of the subscript. newaxis takes no axis of the input, Ellipsis all that are left.
struct Part {
  enum class Kind { slice, integer, newaxis, ellipsis };
  Kind kind = Kind::slice;
  int64_t index = 0;
  std::optional<int64_t> start = {}, stop = {}, step = {};
};

std::optional<int64_t> slice_end(CallContext& call, const Json& slice, const char* key) {
  const Json* found = slice.find(key);
  if (found == nullptr || found->is_null()) return std::nullopt;
  if (!found->is_number_integer()) call.fail("slice with " + std::string(key) + " " + brief(*found));
  return found->get<int64_t>();
}

// Keras 2 writes {"start", "stop", "step"}; Keras 3 wraps it: {"class_name": "__slice__", "config": {...}}.
Part read_part(CallContext& call, const Json& json) {
  if (json.is_null()) return {.kind = Part::Kind::newaxis};
  if (json.is_number_integer()) return {.kind = Part::Kind::integer, .index = json.get<int64_t>()};
  if (json.is_object()) {
    const Json* name = json.find("class_name");
    if (name != nullptr && *name == "__ellipsis__") return {.kind = Part::Kind::ellipsis};
    const bool wrapped = name != nullptr && *name == "__slice__" && json.contains("config");
    const Json& slice = wrapped ? json["config"] : json;
    if (slice.is_object() && slice.contains("start") && slice.contains("stop")) {
      return {.start = slice_end(call, slice, "start"),
              .stop = slice_end(call, slice, "stop"),
              .step = slice_end(call, slice, "step")};
    }
  }
  call.fail("index " + brief(json) + " is not supported (docs/layers.md)");
}

Part read_part(CallContext& call, const Argument& argument) {
  if (const Json* constant = argument.constant()) return read_part(call, *constant);
  return {.kind = Part::Kind::integer, .index = call.integer(argument, "index")};
}

std::vector<Part> read_parts(CallContext& call) {
  const Argument* spec = call.argument(1, {"slice_spec", "key"});
  std::vector<Part> parts;
  if (spec == nullptr) call.fail("has no subscript");
  if (const auto* items = std::get_if<std::vector<Argument>>(&spec->value)) {
    for (const Argument& item : *items) parts.push_back(read_part(call, item));
  } else if (spec->constant() != nullptr && spec->constant()->is_array()) {
    for (const Json& item : *spec->constant()) parts.push_back(read_part(call, item));
  } else {
    parts.push_back(read_part(call, *spec));
  }
  return parts;
}

// Replaces Ellipsis (or appends, if there is none) by full slices for the axes that are left.
std::vector<Part> expanded(CallContext& call, std::vector<Part> parts, int64_t rank) {
  const auto is_ellipsis = [](const Part& part) { return part.kind == Part::Kind::ellipsis; };
  const auto used = std::count_if(parts.begin(), parts.end(), [&](const Part& part) {
    return part.kind == Part::Kind::slice || part.kind == Part::Kind::integer;
  });
  const auto first = std::find_if(parts.begin(), parts.end(), is_ellipsis);
  if (std::count_if(parts.begin(), parts.end(), is_ellipsis) > 1) call.fail("a subscript with two Ellipsis");
  if (used > rank) {
    call.fail("a subscript of " + std::to_string(used) + " axes for a tensor of " + std::to_string(rank));
  }
  const size_t at = static_cast<size_t>(first - parts.begin());
  if (first != parts.end()) parts.erase(first);
  parts.insert(parts.begin() + static_cast<std::ptrdiff_t>(at), static_cast<size_t>(rank - used), Part{});
  return parts;
}

bool is_whole(const Part& part) {
  return part.kind == Part::Kind::slice && part.start.value_or(0) == 0 && !part.stop &&
         part.step.value_or(1) == 1;
}

// Python's slice.indices(length). `count` is 0 if the slice is empty.
detail::ops::SliceAxis resolve(CallContext& call, const Part& part, int64_t length) {
  if (part.kind == Part::Kind::integer) {
    const int64_t index = part.index < 0 ? part.index + length : part.index;
    if (index < 0 || index >= length) {
      call.fail("index " + std::to_string(part.index) + " of an axis of " + std::to_string(length));
    }
    return {.begin = index, .step = 1, .count = 1, .dropped = true};
  }
  const int64_t step = part.step.value_or(1);
  if (step == 0 || step == std::numeric_limits<int64_t>::min())
    call.fail("a slice with step " + std::to_string(step));
  const int64_t lowest = step < 0 ? -1 : 0;
  const int64_t highest = step < 0 ? length - 1 : length;
  const auto clamp = [&](std::optional<int64_t> end, int64_t otherwise) {
    if (!end) return otherwise;
    return std::clamp(*end < 0 ? *end + length : *end, lowest, highest);
  };
  const int64_t begin = clamp(part.start, step < 0 ? highest : lowest);
  const int64_t end = clamp(part.stop, step < 0 ? lowest : highest);
  const int64_t distance = step < 0 ? begin - end : end - begin;
  const int64_t stride = step < 0 ? -step : step;
  const int64_t count = distance <= 0 ? 0 : (distance - 1) / stride + 1;
  return {.begin = begin, .step = step, .count = count};
}

Values slice_integers(CallContext& call, const Integers& integers, const std::vector<Part>& parts) {
  const auto all = expanded(call, parts, 1);
  if (integers.is_scalar || all.size() != 1)
    call.fail("this subscript of a shape is not supported (docs/layers.md)");
  const auto axis = resolve(call, all[0], static_cast<int64_t>(integers.values.size()));
  Integers taken;
  taken.is_scalar = axis.dropped;
  for (int64_t i = 0; i < axis.count; ++i) {
    taken.values.push_back(integers.values.at(static_cast<size_t>(axis.begin + i * axis.step)));
  }
  return {taken};
}

}  // namespace

Values getitem(CallContext& call) {
  const std::vector<Part> parts = read_parts(call);
  if (const auto* integers = std::get_if<Integers>(&call.input_value())) {
    return slice_integers(call, *integers, parts);
  }
  const NodeId input = call.input();
  const Shape& in = call.shape(input);
  const std::vector<Part> all = expanded(call, parts, in.rank() + 1);
  if (!is_whole(all.at(0))) call.fail("a subscript of the batch axis is not supported (docs/layers.md)");
  detail::ops::Slice op;
  std::vector<int64_t> dims;
  bool changes = false, renames = false;
  int axis = 0;
  for (size_t i = 1; i < all.size(); ++i) {
    if (all[i].kind == Part::Kind::newaxis) {
      dims.push_back(1);
      renames = true;
      continue;
    }
    op.axes.push_back(resolve(call, all[i], in[axis++]));
    changes = changes || !is_whole(all[i]);
    if (!op.axes.back().dropped) dims.push_back(op.axes.back().count);
  }
  NodeId result = input;
  if (changes) result = call.add(op, {result});
  if (renames) result = call.add(detail::ops::Reshape{Shape(dims)}, {result});
  return {result};
}

}  // namespace tf_injector::detail::keras::ops
