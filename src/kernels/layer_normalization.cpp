// LayerNormalization: there is only the reference.
#include <algorithm>

#include "kernels/const_arrays.hpp"
#include "kernels/epilogue.hpp"
#include "kernels/packed_weights.hpp"
#include "kernels/ref/reference.hpp"

namespace tf_injector::detail {
namespace {

class LayerNormalizationKernel final : public Kernel, public ConstArrays {
 public:
  LayerNormalizationKernel(const ops::LayerNormalization& op, const KernelContext& context)
      : geometry_{context.output.back(), op.epsilon, op.fused},
        rows_(context.output.elements() / std::max<int64_t>(1, context.output.back())),
        gamma_id_(op.gamma),
        beta_id_(op.beta),
        gamma_(channel_values(context, op.gamma, geometry_.channels, 1.0f)),
        beta_(channel_values(context, op.beta, geometry_.channels, 0.0f)) {}
  void run(const KernelArgs& args) const noexcept override {
    for (int64_t n = 0; n < args.images; ++n) {
      const int64_t body = geometry_.fused ? rows_ : args.in_vectors(n, rows_, kPacket);
      run_rows(args, n * rows_, body, ref::Part::body);
      run_rows(args, n * rows_ + body, rows_ - body, ref::Part::end);
    }
  }
  [[nodiscard]] std::string name() const override { return "ref:layer_normalization"; }
  [[nodiscard]] size_t weight_bytes() const override { return 2 * gamma_.size() * sizeof(float); }
  void visit_arrays(const ArrayVisitor& visit) const override {
    visit_array(visit, gamma_.span());
    visit_array(visit, beta_.span());
  }
  [[nodiscard]] bool holds(WeightId weight) const override {
    return weight != kNoWeight && (weight == gamma_id_ || weight == beta_id_);
  }
  [[nodiscard]] std::unique_ptr<Kernel> patched(std::span<const Patch> patches) const override {
    if (!holds_any(patches)) return nullptr;
    auto copy = std::make_unique<LayerNormalizationKernel>(*this);
    const auto change = [&](WeightId weight, PackedWeights& values) {
      if (weight == kNoWeight) return;
      for_each_patch(patches, weight,
                     [&](int64_t element, float value) { values[static_cast<size_t>(element)] = value; });
    };
    change(gamma_id_, copy->gamma_);
    change(beta_id_, copy->beta_);
    return copy;
  }

 private:
  static constexpr int64_t kPacket = 8;  // rows whose reciprocal roots TensorFlow computes at once

  void run_rows(const KernelArgs& args, int64_t first, int64_t count, ref::Part part) const noexcept {
    const int64_t at = first * geometry_.channels;
    ref::layer_normalization(geometry_, args.inputs[0] + at, gamma_.data(), beta_.data(), args.output + at,
                             count, part);
  }

  ref::LayerNormalizationGeometry geometry_;
  int64_t rows_;
  WeightId gamma_id_, beta_id_;
  PackedWeights gamma_, beta_;
};

}  // namespace

std::unique_ptr<Kernel> make_kernel(const ops::LayerNormalization& op, const KernelContext& context) {
  return std::make_unique<LayerNormalizationKernel>(op, context);
}

}  // namespace tf_injector::detail
