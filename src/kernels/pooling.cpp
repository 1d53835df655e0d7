// AveragePool2D and GlobalAveragePool: there is only the reference (a thousandth of a network's work).
#include <algorithm>

#include "kernels/pack_interfaces.hpp"
#include "kernels/ref/reference.hpp"

namespace tf_injector::detail {
namespace {

class AveragePool2DKernel final : public AverageKernel {
 public:
  AveragePool2DKernel(const ops::AveragePool2D& op, const KernelContext& context)
      : op_(op), input_(context.inputs[0]), output_(context.output) {}
  void run(const KernelArgs& args) const noexcept override {
    ref::average_pool2d(op_, input_, output_, args.inputs[0], args.output, args.images);
  }
  [[nodiscard]] std::string name() const override { return "ref:average_pool2d"; }
  [[nodiscard]] AverageGeometry average_geometry() const override {
    AverageGeometry average{.windows = {}, .channels = input_[2]};
    const int64_t top = ops::padding_of(input_[0], op_.pool_size[0], op_.strides[0], 1, op_.padding)[0];
    const int64_t left = ops::padding_of(input_[1], op_.pool_size[1], op_.strides[1], 1, op_.padding)[0];
    for (int64_t y = 0; y < output_[0]; ++y) {
      for (int64_t x = 0; x < output_[1]; ++x) {
        AverageGeometry::Window window;
        const int64_t h0 = y * op_.strides[0] - top, w0 = x * op_.strides[1] - left;
        for (int64_t h = std::max<int64_t>(0, h0); h < std::min(input_[0], h0 + op_.pool_size[0]); ++h) {
          for (int64_t w = std::max<int64_t>(0, w0); w < std::min(input_[1], w0 + op_.pool_size[1]); ++w)
            window.positions.push_back(static_cast<int32_t>(h * input_[1] + w));
        }
        average.windows.push_back(std::move(window));
      }
    }
    return average;
  }

 private:
  ops::AveragePool2D op_;
  Shape input_, output_;
};

class GlobalAveragePoolKernel final : public AverageKernel {
 public:
  explicit GlobalAveragePoolKernel(const Shape& input)
      : positions_(input[0] * input[1]), channels_(input[2]) {}
  void run(const KernelArgs& args) const noexcept override {
    ref::global_average_pool(positions_, channels_, args.inputs[0], args.output, args.images);
  }
  [[nodiscard]] std::string name() const override { return "ref:global_average_pool"; }
  [[nodiscard]] AverageGeometry average_geometry() const override {
    AverageGeometry average{.windows = {{}}, .channels = channels_, .stripes = ref::kAverageStripes};
    average.striped = ref::striped_positions(positions_);
    for (int32_t p = 0; p < positions_; ++p) average.windows[0].positions.push_back(p);
    return average;
  }

 private:
  int64_t positions_, channels_;
};

// Which outputs are summed in order depends on the image's index in its batch.
class PlacedAveragePoolKernel final : public Kernel {
 public:
  explicit PlacedAveragePoolKernel(const Shape& input)
      : positions_(input[0] * input[1]), channels_(input[2]) {}
  void run(const KernelArgs& args) const noexcept override {
    for (int64_t n = 0; n < args.images; ++n) {
      ref::global_average_pool_at(positions_, channels_, args.inputs[0] + n * positions_ * channels_,
                                  args.output + n * channels_, args.batch_index_of(n), args.batch);
    }
  }
  [[nodiscard]] std::string name() const override { return "ref:global_average_pool"; }

 private:
  int64_t positions_, channels_;
};

}  // namespace

std::unique_ptr<Kernel> make_kernel(const ops::AveragePool2D& op, const KernelContext& context) {
  return std::make_unique<AveragePool2DKernel>(op, context);
}

std::unique_ptr<Kernel> make_kernel(const ops::GlobalAveragePool&, const KernelContext& context) {
  const Shape& in = context.inputs[0];
  constexpr int64_t kPacket = 8;
  if (in[2] == 1 || (in[2] % kPacket != 0 && ref::striped_positions(in[0] * in[1]) > 0))
    return std::make_unique<PlacedAveragePoolKernel>(in);
  return std::make_unique<GlobalAveragePoolKernel>(in);
}

}  // namespace tf_injector::detail
