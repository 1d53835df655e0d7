// Layers that change the size of images: Resizing, CenterCrop and RandomCrop.
#include <algorithm>
#include <cmath>

#include "keras/layers/layers.hpp"
#include "keras/layers/options.hpp"

namespace tf_injector::detail::keras::layers {
namespace {

using detail::ops::Resize;
using detail::ops::ResizeMethod;
using Size = std::array<int64_t, 2>;  // height, width

Size size_option(CallContext& call) {
  const Size size = {call.config.integer("height"), call.config.integer("width")};
  constexpr int64_t kMost = int64_t{1} << 24;
  if (size[0] < 1 || size[1] < 1 || size[0] > kMost || size[1] > kMost)
    call.config.fail(size[0] < 1 || size[0] > kMost ? "height" : "width", "a size from 1 on");
  return size;
}

Size size_of(const CallContext& call, NodeId image) {
  const Shape& shape = call.shape(image);
  return {shape[0], shape[1]};
}

// numerator / denominator, truncated to an integer. Keras computes it in single precision if sizes are
// tensors.
enum class Precision { single, twice };
int64_t quotient(Precision precision, int64_t a, int64_t b, int64_t divisor) {
  const auto product = static_cast<double>(a) * static_cast<double>(b);
  if (precision == Precision::twice) return static_cast<int64_t>(product / static_cast<double>(divisor));
  return static_cast<int64_t>(static_cast<float>(product) / static_cast<float>(divisor));
}

// Rows and columns begin ... begin + count - 1, limited to the image.
NodeId crop(CallContext& call, NodeId image, Size begin, Size count) {
  const Size in = size_of(call, image);
  detail::ops::Slice op;
  for (size_t a : {0U, 1U})
    op.axes.push_back({.begin = begin[a], .step = 1, .count = std::min(count[a], in[a] - begin[a])});
  op.axes.push_back({.begin = 0, .step = 1, .count = call.shape(image)[2]});
  if (op.axes[0].count == in[0] && op.axes[1].count == in[1]) return image;
  return call.add(op, {image});
}

// The largest part of `in` with the aspect ratio of `size`; one pixel at least.
Size largest_part(Precision precision, Size in, Size size) {
  const int64_t height = quotient(precision, in[1], size[0], size[1]);
  const int64_t width = quotient(precision, in[0], size[1], size[0]);
  return {std::max<int64_t>(std::min(in[0], height), 1), std::max<int64_t>(std::min(in[1], width), 1)};
}

// Crops to that part, in the centre of the image.
NodeId crop_to_aspect_ratio(CallContext& call, NodeId image, Precision precision, Size size) {
  const Size in = size_of(call, image), part = largest_part(precision, in, size);
  if (call.generation() == Generation::keras2 &&
      (quotient(precision, in[1], size[0], size[1]) < 1 || quotient(precision, in[0], size[1], size[0]) < 1))
    call.fail("no part of " + call.shape(image).to_string() +
              " has that aspect ratio; Keras 2 cannot run it");
  return crop(call, image, {(in[0] - part[0]) / 2, (in[1] - part[1]) / 2}, part);
}

// keras.utils.image_utils.smart_resize
NodeId smart_resize(CallContext& call, NodeId image, Size size) {
  const Precision precision = call.generation() == Generation::keras3 ? Precision::twice : Precision::single;
  return add_resize(call, crop_to_aspect_ratio(call, image, precision, size), {.size = size});
}

// Pads both sides equally, to the nearest aspect ratio; an odd pixel is left out.
NodeId pad_to_aspect_ratio(CallContext& call, NodeId image, Size size, float value) {
  const Size in = size_of(call, image);
  detail::ops::Pad op;
  op.value = value;
  for (size_t a : {0U, 1U}) {
    const int64_t wanted = quotient(Precision::single, in[1 - a], size[a], size[1 - a]);
    const int64_t side = (std::max(in[a], wanted) - in[a]) / 2;
    op.paddings.push_back({side, side});
  }
  op.paddings.push_back({0, 0});
  if (op.paddings[0][0] == 0 && op.paddings[1][0] == 0) return image;
  return call.add(op, {image});
}

// Keras 2 up to 2.6: shrinks the image to the smallest size that covers the target, then crops its centre.
NodeId resize_and_crop(CallContext& call, NodeId image, Size size) {
  const Size in = size_of(call, image);
  const auto ratio = [](const Size& s) { return static_cast<double>(s[0]) / static_cast<double>(s[1]); };
  const bool is_higher = ratio(in) > ratio(size);
  const Size covering = is_higher ? Size{quotient(Precision::twice, size[1], in[0], in[1]), size[1]}
                                  : Size{size[0], quotient(Precision::twice, size[0], in[1], in[0])};
  const NodeId resized = add_resize(call, image, {.size = covering});
  return crop(call, resized, {(covering[0] - size[0]) / 2, (covering[1] - size[1]) / 2}, size);
}

// Keras 3.6 and 3.7: crops at the position where the largest part of that aspect ratio begins; resizes if
// that exceeds the image.
NodeId crop_and_resize(CallContext& call, NodeId image, Size size) {
  const Size in = size_of(call, image), part = largest_part(Precision::twice, in, size);
  const NodeId cropped = crop(call, image, {(in[0] - part[0]) / 2, (in[1] - part[1]) / 2}, size);
  return add_resize(call, cropped, {.size = size});
}

// Keras 3's conversion of results back to integers: it rounds, and clips to the range of small types.
NodeId rounded(CallContext& call, NodeId node, NumberType type) {
  using detail::ops::BinaryKind;
  struct Range {
    NumberType type;
    float least, most;
  };
  constexpr Range kSmall[] = {{NumberType::uint8, 0.0f, 255.0f},
                              {NumberType::int8, -128.0f, 127.0f},
                              {NumberType::uint16, 0.0f, 65535.0f},
                              {NumberType::int16, -32768.0f, 32767.0f}};
  node = call.add(detail::ops::Function{.kind = detail::ops::FunctionKind::round}, {node});
  for (const Range& range : kSmall) {
    if (range.type != type) continue;
    node = call.add_binary(BinaryKind::maximum, node, Constant{Shape(), {range.least}});
    node = call.add_binary(BinaryKind::minimum, node, Constant{Shape(), {range.most}});
  }
  return call.as_type(node, type);
}

}  // namespace

Values resizing(CallContext& call) {
  expect_channels_last(call.config);
  call.config.ignore({"bounding_box_format"});
  NodeId image = call.input();
  image_of(call, image);
  const Size size = size_option(call);
  Resize op{.method = resize_method(call.config, "bilinear"), .size = size};
  op.antialias = call.config.boolean("antialias", false);
  const bool crops = call.config.boolean("crop_to_aspect_ratio", false);
  const bool pads = call.config.boolean("pad_to_aspect_ratio", false);
  call.config.expect("fill_mode", "constant");
  const auto fill = static_cast<float>(call.config.number("fill_value", 0.0));
  if (crops && pads) call.fail("has both crop_to_aspect_ratio and pad_to_aspect_ratio");
  if (crops) image = crop_to_aspect_ratio(call, image, Precision::single, size);
  if (pads) image = pad_to_aspect_ratio(call, image, size, fill);
  const NumberType type = call.type(image);
  if (!is_integer(type) || op.method == ResizeMethod::nearest) return {add_resize(call, image, op)};
  const NodeId resized = add_resize(call, call.as_type(image, NumberType::float32), op);
  return {call.generation() == Generation::keras3 ? rounded(call, resized, type) : resized};
}

Values center_crop(CallContext& call) {
  expect_channels_last(call.config);
  call.config.ignore({"bounding_box_format"});
  const NodeId image = call.input();
  image_of(call, image);
  const Size size = size_option(call), in = size_of(call, image);
  if (in[0] < size[0] || in[1] < size[1]) return {smart_resize(call, image, size)};
  return {crop(call, image, {(in[0] - size[0]) / 2, (in[1] - size[1]) / 2}, size)};
}

// With training=False, whose effect depends on the version.
Values random_crop(CallContext& call) {
  expect_channels_last(call.config);
  call.config.ignore({"bounding_box_format", "rng_type", "seed"});
  const NodeId image = call.input();
  image_of(call, image);
  const Size size = size_option(call);
  if (call.generation() == Generation::keras2)
    return {call.is_from(2, 7) ? smart_resize(call, image, size) : resize_and_crop(call, image, size)};
  if (call.is_from(3, 8)) return {image};
  return {call.is_from(3, 6) ? crop_and_resize(call, image, size) : smart_resize(call, image, size)};
}

}  // namespace tf_injector::detail::keras::layers
