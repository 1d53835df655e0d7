// The SIMD convolution of every channel on its own.
#include "core/bits.hpp"
#include "core/round_up.hpp"
#include "kernels/candidates.hpp"
#include "kernels/const_arrays.hpp"
#include "kernels/convolutions/conv2d_candidates.hpp"
#include "kernels/convolutions/position_tables.hpp"
#include "kernels/pack_interfaces.hpp"
#include "kernels/packed_weights.hpp"

namespace tf_injector::detail {
namespace {

class SimdChannelConv2D final : public WindowKernel, public ConstArrays {
 public:
  SimdChannelConv2D(const Conv2DParts& parts, const KernelContext& context)
      : table_(*simd::simd_table(context.set)),
        geometry_(parts.geometry),
        kernel_(parts.kernel),
        positions_(std::make_shared<const PositionTables>(geometry_)),
        epilogue_(std::make_shared<const EpilogueData>(context, parts.bias, geometry_.cout)),
        zeros_(std::make_shared<const AlignedBuffer>(static_cast<size_t>(geometry_.cin))),
        classes_(positions_->views()),
        weights_(static_cast<size_t>(taps() * stride())) {
    const std::span<const float> values = weight_values(context, kernel_);
    for (size_t i = 0; i < values.size(); ++i) weights_[packed_element(static_cast<int64_t>(i))] = values[i];
  }

  void run(const KernelArgs& args) const noexcept override {
    table_.channel_conv2d({.in = args.inputs[0],
                           .out = args.output,
                           .in_image = geometry_.in_h * geometry_.in_w * geometry_.cin,
                           .out_image = geometry_.out_h * geometry_.out_w * geometry_.cout,
                           .images = args.images,
                           .channels = static_cast<int32_t>(geometry_.cout),
                           .in_lanes = geometry_.sum == ref::Sum::lanes,
                           .weights = weights_.data(),
                           .weights_stride = stride(),
                           .zeros = zeros_->data(),
                           .classes = classes_,
                           .epilogue = epilogue_->call(args)});
  }
  [[nodiscard]] WindowGeometry window_geometry() const override {
    WindowGeometry windows{.windows = {}, .channels = geometry_.cout};
    windows.windows.resize(static_cast<size_t>(geometry_.out_h * geometry_.out_w));
    for (const PositionTables::Class& c : positions_->classes) {
      for (size_t i = 0; i < c.output.size(); ++i) {
        WindowGeometry::Window& window = windows.windows[static_cast<size_t>(c.output[i])];
        window.taps = c.tap;
        for (size_t t = 0; t < c.tap.size(); ++t) {
          const int32_t offset = c.input[i * c.tap.size() + t];
          window.positions.push_back(offset == simd::kOutside ? WindowGeometry::kZero
                                                              : static_cast<int32_t>(offset / geometry_.cin));
        }
      }
    }
    return windows;
  }
  [[nodiscard]] WindowSum window_sum() const noexcept override {
    return geometry_.sum == ref::Sum::lanes ? WindowSum::lanes : WindowSum::chain;
  }
  [[nodiscard]] const float* weights() const noexcept override { return weights_.data(); }
  [[nodiscard]] int64_t weights_stride() const noexcept override { return stride(); }
  [[nodiscard]] const EpilogueData* epilogue() const noexcept override { return epilogue_.get(); }
  [[nodiscard]] std::string name() const override {
    return std::string(kernel_set_name(table_.set)) + ":channel_conv2d";
  }
  [[nodiscard]] int64_t multiply_adds() const override { return multiply_adds_of(geometry_); }
  [[nodiscard]] size_t table_bytes() const override { return positions_->bytes(); }
  [[nodiscard]] size_t weight_bytes() const override {
    return weights_.size() * sizeof(float) + epilogue_->bytes();
  }
  void visit_arrays(const ArrayVisitor& visit) const override {
    visit_array(visit, weights_.span());
    visit_array(visit, zeros_->span());
    detail::visit_arrays(*epilogue_, geometry_.cout, visit);
    detail::visit_arrays(*positions_, visit);
  }
  [[nodiscard]] bool holds(WeightId weight) const override {
    return weight == kernel_ || epilogue_->holds(weight);
  }
  [[nodiscard]] std::unique_ptr<Kernel> patched(std::span<const Patch> patches) const override {
    if (!holds_any(patches)) return nullptr;
    auto copy = std::make_unique<SimdChannelConv2D>(*this);
    for_each_patch(patches, kernel_,
                   [&](int64_t element, float value) { copy->weights_[packed_element(element)] = value; });
    copy->epilogue_ = patched_epilogue(epilogue_, patches);
    return copy;
  }

 private:
  [[nodiscard]] int64_t taps() const noexcept { return geometry_.kernel_h * geometry_.kernel_w; }
  // Floats of one tap: its channels, padded to whole vectors.
  [[nodiscard]] int64_t stride() const noexcept { return round_up(geometry_.cout, table_.lanes); }
  [[nodiscard]] size_t packed_element(int64_t element) const noexcept {
    return static_cast<size_t>(element / geometry_.cout * stride() + element % geometry_.cout);
  }

  const simd::SimdTable& table_;
  ref::Conv2DGeometry geometry_;
  WeightId kernel_;
  std::shared_ptr<const PositionTables> positions_;
  std::shared_ptr<const EpilogueData> epilogue_;
  std::shared_ptr<const AlignedBuffer> zeros_;
  std::vector<simd::PositionClass> classes_;
  PackedWeights weights_;  // [taps][stride]
};

}  // namespace

std::string refuse_channel_conv2d(const Conv2DParts& parts, const KernelContext& context) {
  const ref::Conv2DGeometry& g = parts.geometry;
  if (std::string reason = refuse_without_simd(context); !reason.empty()) return reason;
  if (g.groups != g.cin || g.groups != g.cout) return "simd: groups of several channels or filters";
  if (g.kernel_h * g.kernel_w > simd::kMostChannelTaps) return "simd: a large window";
  if (g.sum == ref::Sum::lanes && ref::conv2d_groups_may_be_cut(g)) return "simd: sums of several blocks";
  if (g.covers) return "simd: a window of the whole image";
  if (ref::conv2d_sum(g, 2) == ref::Sum::plain) return "simd: a single output position";
  return refuse_large_images(context);
}

std::unique_ptr<Kernel> make_channel_conv2d(const Conv2DParts& parts, const KernelContext& context) {
  return std::make_unique<SimdChannelConv2D>(parts, context);
}

}  // namespace tf_injector::detail
