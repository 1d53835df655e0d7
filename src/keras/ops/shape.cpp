// Ops that read or change the shape of a tensor.
#include <algorithm>

#include "keras/ops/ops.hpp"

namespace tf_injector::detail::keras::ops {
namespace {

Values renamed(CallContext& call, NodeId input, std::vector<int64_t> dims) {
  return {call.add(detail::ops::Reshape{Shape(std::move(dims))}, {input})};
}

}  // namespace

Values shape(CallContext& call) {
  call.ignore_argument(1, {"out_type"});
  Integers all;
  all.values.push_back({0, true});
  for (int64_t dim : call.shape(call.input()).dims()) all.values.push_back({dim, false});
  return {all};
}

// The first entry must be the batch: tf.shape(x)[0], or -1 if the others are the elements of one image.
Values reshape(CallContext& call) {
  const NodeId input = call.input();
  const Argument* target = call.argument(1, {"shape", "newshape"});
  if (target == nullptr) call.fail("has no shape");
  const Integers entries = call.integers(*target, "shape");
  if (entries.is_scalar || entries.values.empty()) call.fail("expected a list as shape");
  std::vector<int64_t> dims;
  for (size_t i = 1; i < entries.values.size(); ++i) {
    if (entries.values[i].is_batch) call.fail("the number of images may stand first in the shape only");
    dims.push_back(entries.values[i].value);
  }
  const Dim& first = entries.values[0];
  const bool images =
      first.is_batch || (first.value == -1 && std::find(dims.begin(), dims.end(), -1) == dims.end());
  if (!images) {
    call.fail("the shape begins with " + std::to_string(first.value) +
              ", which would mix images; expected -1 or the number of images (docs/layers.md)");
  }
  return renamed(call, input, call.completed(dims, call.shape(input).elements()).dims());
}

Values squeeze(CallContext& call) {
  const NodeId input = call.input();
  const Shape& in = call.shape(input);
  const Argument* axis = call.argument(1, {"axis"});
  if (axis == nullptr) call.fail("without axis would drop the batch axis of one image; name the axes");
  const std::vector<int64_t> axes = call.axes(*axis, in.rank() + 1);
  std::vector<int64_t> dims;
  for (int i = 0; i < in.rank(); ++i) {
    if (std::find(axes.begin(), axes.end(), i + 1) == axes.end()) {
      dims.push_back(in[i]);
    } else if (in[i] != 1) {
      call.fail("cannot drop axis " + std::to_string(i + 1) + " of length " + std::to_string(in[i]));
    }
  }
  if (std::find(axes.begin(), axes.end(), 0) != axes.end()) call.fail("cannot drop the batch axis");
  return renamed(call, input, std::move(dims));
}

Values expand_dims(CallContext& call) {
  const NodeId input = call.input();
  const Shape& in = call.shape(input);
  const Argument* axis = call.argument(1, {"axis"});
  if (axis == nullptr) call.fail("has no axis");
  const std::vector<int64_t> axes = call.axes(*axis, in.rank() + 2);
  if (axes.size() != 1) call.fail("expected one axis");
  if (axes[0] == 0) call.fail("cannot put an axis before the batch");
  std::vector<int64_t> dims = in.dims();
  dims.insert(dims.begin() + axes[0] - 1, 1);
  return renamed(call, input, std::move(dims));
}

}  // namespace tf_injector::detail::keras::ops
