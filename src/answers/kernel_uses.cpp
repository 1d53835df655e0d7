#include "answers/kernel_uses.hpp"

namespace tf_injector::detail {
namespace {

// The input row (or column) of a tap; outside the image it is negative or not below `in`.
int64_t tap_place(int64_t output, int64_t tap, int64_t in, int64_t kernel, int64_t stride, int64_t dilation,
                  ops::Padding padding) {
  return output * stride + tap * dilation - ops::padding_of(in, kernel, stride, dilation, padding)[0];
}

// Of convolutions: the product at every output position. `from`, `to`: channel of input and output.
template <typename Convolution>
std::vector<KernelUse> window_uses(const Convolution& op, int64_t tap, int64_t from, int64_t to,
                                   const Shape& input, const Shape& output) {
  std::vector<KernelUse> uses;
  const int64_t row_tap = tap / op.kernel_size[1], column_tap = tap % op.kernel_size[1];
  for (int64_t row = 0; row < output[0]; ++row) {
    for (int64_t column = 0; column < output[1]; ++column) {
      const int64_t r =
          tap_place(row, row_tap, input[0], op.kernel_size[0], op.strides[0], op.dilation[0], op.padding);
      const int64_t c = tap_place(column, column_tap, input[1], op.kernel_size[1], op.strides[1],
                                  op.dilation[1], op.padding);
      const bool is_inside = r >= 0 && r < input[0] && c >= 0 && c < input[1];
      uses.push_back({is_inside ? (r * input[1] + c) * input[2] + from : KernelUse::kPadding,
                      (row * output[1] + column) * output[2] + to});
    }
  }
  return uses;
}

}  // namespace

std::vector<int64_t> window_of(int64_t output, int64_t in, int64_t kernel, int64_t stride, int64_t dilation,
                               ops::Padding padding) {
  std::vector<int64_t> places;
  for (int64_t tap = 0; tap < kernel; ++tap) {
    const int64_t place = tap_place(output, tap, in, kernel, stride, dilation, padding);
    if (place >= 0 && place < in) places.push_back(place);
  }
  return places;
}

std::vector<KernelUse> kernel_uses(const Op& op, const Shape& kernel, int64_t element, const Shape& input,
                                   const Shape& output) {
  if (const auto* conv = std::get_if<ops::Conv2D>(&op)) {
    const int64_t to = element % kernel[3], in_group = element / kernel[3] % kernel[2];
    const int64_t group = to / (conv->filters / conv->groups);
    return window_uses(*conv, element / kernel[3] / kernel[2], group * kernel[2] + in_group, to, input,
                       output);
  }
  if (const auto* conv = std::get_if<ops::DepthwiseConv2D>(&op)) {
    const int64_t channel = element / kernel[3] % kernel[2];
    return window_uses(*conv, element / kernel[3] / kernel[2], channel,
                       channel * conv->multiplier + element % kernel[3], input, output);
  }
  std::vector<KernelUse> uses;
  if (!std::holds_alternative<ops::Dense>(op)) return uses;
  const int64_t from = element / kernel[1], to = element % kernel[1];
  for (int64_t row = 0; row < output.elements() / output.back(); ++row)
    uses.push_back({row * kernel[0] + from, row * kernel[1] + to});
  return uses;
}

}  // namespace tf_injector::detail
