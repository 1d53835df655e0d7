// Pooling as a function: tf.nn.max_pool2d and avg_pool2d, keras.ops.max_pool and average_pool.
#include "keras/ops/ops.hpp"

namespace tf_injector::detail::keras::ops {
namespace {

// 2, [2, 3] (height, width), or [1, 2, 3, 1] (with batch and channels, both 1).
std::array<int64_t, 2> window(CallContext& call, const Argument& argument, const char* what) {
  const Integers all = call.integers(argument, what);
  std::vector<int64_t> sizes;
  for (const Dim& dim : all.values) {
    if (dim.is_batch) call.fail(std::string(what) + ": expected constants");
    sizes.push_back(dim.value);
  }
  if (sizes.size() == 1) return {sizes[0], sizes[0]};
  if (sizes.size() == 2) return {sizes[0], sizes[1]};
  if (sizes.size() == 4 && sizes[0] == 1 && sizes[3] == 1) return {sizes[1], sizes[2]};
  call.fail(std::string(what) + ": expected the sizes of height and width");
}

// Pool is MaxPool2D or AveragePool2D: both have the same options.
template <class Pool>
Values pool(CallContext& call) {
  const NodeId input = call.input();
  Pool op;
  const Argument* size = call.argument(1, {"ksize", "pool_size"});
  if (size == nullptr) call.fail("has no window");
  op.pool_size = window(call, *size, "window");
  const Argument* strides = call.argument(2, {"strides"});
  op.strides = strides == nullptr ? op.pool_size : window(call, *strides, "strides");
  const Argument* padding = call.argument(3, {"padding"});
  const std::string name = padding == nullptr ? "valid" : call.text(*padding, "padding");
  const bool same = name == "same" || name == "SAME";
  if (!same && name != "valid" && name != "VALID")
    call.fail("padding: expected valid or same, found '" + name + "'");
  op.padding = same ? detail::ops::Padding::same : detail::ops::Padding::valid;
  if (const Argument* format = call.argument(4, {"data_format"})) {
    const std::string layout = call.text(*format, "data_format");
    if (layout != "NHWC" && layout != "channels_last") {
      call.fail("data_format: expected channels_last, found '" + layout + "'");
    }
  }
  return {call.add(op, {input})};
}

}  // namespace

Values max_pool(CallContext& call) { return pool<detail::ops::MaxPool2D>(call); }

Values average_pool(CallContext& call) { return pool<detail::ops::AveragePool2D>(call); }

}  // namespace tf_injector::detail::keras::ops
