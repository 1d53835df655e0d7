// MaxPool2D: the SIMD kernel and the reference. GlobalMaxPool: only the reference.
#include <algorithm>

#include "kernels/candidates.hpp"
#include "kernels/const_arrays.hpp"
#include "kernels/pack_interfaces.hpp"
#include "kernels/ref/reference.hpp"

namespace tf_injector::detail {
namespace {

// The number of rows and columns of the border before the image.
std::array<int64_t, 2> border_of(const ops::MaxPool2D& op, const KernelContext& context) {
  if (context.explicit_padding) return {(*context.explicit_padding)[0][0], (*context.explicit_padding)[1][0]};
  const auto before = [&](size_t a) {
    return ops::padding_of(context.inputs[0][static_cast<int>(a)], op.pool_size[a], op.strides[a], 1,
                           op.padding)[0];
  };
  return {before(0), before(1)};
}

// The positions of all windows in one list.
struct PoolWindows {
  std::vector<int32_t> first;  // per output position (and one more): where its window begins in `input`
  std::vector<int32_t> input;  // offsets of pixels in the image
  PoolWindows(const ops::MaxPool2D& op, const KernelContext& context) {
    const Shape &in = context.inputs[0], &out = context.output;
    const std::array<int64_t, 2> before = border_of(op, context);
    first.push_back(0);
    for (int64_t y = 0; y < out[0]; ++y) {
      for (int64_t x = 0; x < out[1]; ++x) {
        const int64_t h0 = y * op.strides[0] - before[0], w0 = x * op.strides[1] - before[1];
        for (int64_t h = std::max<int64_t>(0, h0); h < std::min(in[0], h0 + op.pool_size[0]); ++h) {
          for (int64_t w = std::max<int64_t>(0, w0); w < std::min(in[1], w0 + op.pool_size[1]); ++w)
            input.push_back(static_cast<int32_t>((h * in[1] + w) * in[2]));
        }
        first.push_back(static_cast<int32_t>(input.size()));
      }
    }
  }
};

class SimdMaxPool2D final : public WindowKernel, public ConstArrays {
 public:
  SimdMaxPool2D(const ops::MaxPool2D& op, const KernelContext& context)
      : table_(*simd::simd_table(context.set)),
        windows_(op, context),
        in_image_(context.inputs[0].elements()),
        channels_(context.output.back()) {}
  void run(const KernelArgs& args) const noexcept override {
    table_.max_pool({.in = args.inputs[0],
                     .out = args.output,
                     .in_image = in_image_,
                     .images = args.images,
                     .positions = static_cast<int32_t>(windows_.first.size() - 1),
                     .channels = static_cast<int32_t>(channels_),
                     .first = windows_.first.data(),
                     .input = windows_.input.data()});
  }
  [[nodiscard]] WindowGeometry window_geometry() const override {
    WindowGeometry windows{.windows = {}, .channels = channels_};
    for (size_t p = 0; p + 1 < windows_.first.size(); ++p) {
      WindowGeometry::Window window;
      for (int32_t i = windows_.first[p]; i < windows_.first[p + 1]; ++i) {
        window.positions.push_back(static_cast<int32_t>(windows_.input[static_cast<size_t>(i)] / channels_));
      }
      windows.windows.push_back(std::move(window));
    }
    return windows;
  }
  [[nodiscard]] WindowSum window_sum() const noexcept override { return WindowSum::maximum; }
  [[nodiscard]] std::string name() const override {
    return std::string(kernel_set_name(table_.set)) + ":max_pool2d";
  }
  [[nodiscard]] size_t table_bytes() const override {
    return vector_bytes(windows_.first) + vector_bytes(windows_.input);
  }
  void visit_arrays(const ArrayVisitor& visit) const override {
    visit_array(visit, windows_.first);
    visit_array(visit, windows_.input);
  }

 private:
  const simd::SimdTable& table_;
  PoolWindows windows_;
  int64_t in_image_, channels_;
};

class ReferenceMaxPool2D final : public Kernel {
 public:
  ReferenceMaxPool2D(const ops::MaxPool2D& op, const KernelContext& context)
      : op_(op), before_(border_of(op, context)), input_(context.inputs[0]), output_(context.output) {}
  void run(const KernelArgs& args) const noexcept override {
    ref::max_pool2d(op_, before_, input_, output_, args.inputs[0], args.output, args.images);
  }
  [[nodiscard]] std::string name() const override { return "ref:max_pool2d"; }

 private:
  ops::MaxPool2D op_;
  std::array<int64_t, 2> before_;
  Shape input_, output_;
};

class GlobalMaxPoolKernel final : public Kernel {
 public:
  explicit GlobalMaxPoolKernel(const Shape& input) : positions_(input[0] * input[1]), channels_(input[2]) {}
  void run(const KernelArgs& args) const noexcept override {
    ref::global_max_pool(positions_, channels_, args.inputs[0], args.output, args.images);
  }
  [[nodiscard]] std::string name() const override { return "ref:global_max_pool"; }

 private:
  int64_t positions_, channels_;
};

std::string refuse_simd(const ops::MaxPool2D& op, const KernelContext& context) {
  if (std::string reason = refuse_without_simd(context); !reason.empty()) return reason;
  // Tables hold 32-bit offsets.
  const int64_t positions = context.output[0] * context.output[1];
  if (context.inputs[0].elements() > INT32_MAX ||
      positions > INT32_MAX / std::max<int64_t>(1, std::min(op.pool_size[0], context.inputs[0][0]) *
                                                       std::min(op.pool_size[1], context.inputs[0][1]))) {
    return "simd: an image of more than 2^31 values";
  }
  return "";
}

}  // namespace

std::unique_ptr<Kernel> make_kernel(const ops::MaxPool2D& op, const KernelContext& context) {
  return first_candidate<ops::MaxPool2D>(
      op, context,
      {{refuse_simd,
        [](const ops::MaxPool2D& o, const KernelContext& c) -> std::unique_ptr<Kernel> {
          return std::make_unique<SimdMaxPool2D>(o, c);
        }},
       {refuse_never<ops::MaxPool2D>,
        [](const ops::MaxPool2D& o, const KernelContext& c) -> std::unique_ptr<Kernel> {
          return std::make_unique<ReferenceMaxPool2D>(o, c);
        }}});
}

std::unique_ptr<Kernel> make_kernel(const ops::GlobalMaxPool&, const KernelContext& context) {
  return std::make_unique<GlobalMaxPoolKernel>(context.inputs[0]);
}

}  // namespace tf_injector::detail
