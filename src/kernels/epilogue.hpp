// The parameters of an Epilogue as per-channel arrays, padded to whole vectors.
#pragma once

#include <memory>
#include <vector>

#include "core/aligned_buffer.hpp"
#include "core/array_hash.hpp"
#include "kernels/kernel.hpp"
#include "kernels/simd/simd_table.hpp"

namespace tf_injector::detail {

// A weight of one value per channel; `otherwise` in all where the layer has no such weight.
[[nodiscard]] AlignedBuffer channel_values(const KernelContext& context, WeightId id, int64_t channels,
                                           float otherwise);

class EpilogueData {
 public:
  // `bias` may be kNoWeight. `channels`: the length of the output's last axis.
  EpilogueData(const KernelContext& context, WeightId bias, int64_t channels);

  // True if the bias or a parameter of the normalisation lies in this weight: its elements are channels.
  [[nodiscard]] bool holds(WeightId weight) const noexcept;
  // A copy in which these elements are changed; patches of other weights change nothing.
  [[nodiscard]] EpilogueData patched(std::span<const Patch> patches) const;

  [[nodiscard]] bool has_add() const noexcept { return add_; }
  [[nodiscard]] const float* bias() const noexcept { return bias_.empty() ? nullptr : bias_.data(); }
  // The arguments of the SIMD kernel, without the operand of a fused Add.
  [[nodiscard]] simd::EpilogueCall parameters() const noexcept;
  // The same with the operand of a fused Add, which is the last input.
  [[nodiscard]] simd::EpilogueCall call(const KernelArgs& args) const noexcept;
  // Applies the epilogue to args.output in place with the reference kernels, `rows` rows of `channels`
  // values. The bias is left out, as the reference op adds it.
  void apply_reference(const KernelArgs& args, int64_t rows) const noexcept;
  // The parameters of the given channels: entry l has those of channels[l]. They cannot be patched.
  [[nodiscard]] EpilogueData gathered(std::span<const int32_t> channels) const;
  // Changes entry l, which has the parameters of the channel of `all`, by those patches that lie in the
  // channel.
  void patch_gathered(size_t l, int32_t channel, std::span<const Patch> patches, const EpilogueData& all);
  // The weights as the model has them, which patches change.
  void visit_weights(const ArrayVisitor& visit) const;
  [[nodiscard]] size_t bytes() const noexcept;
  static constexpr size_t kArrays = 5;

 private:
  // What the arrays are made from.
  struct Weights {
    WeightId bias_id = kNoWeight;
    ops::BatchNormalization normalization;
    std::vector<float> gamma, beta, mean, variance;  // empty: no normalisation
  };
  struct Parameters {
    float *bias, *mean, *istd, *gamma, *beta;
  };

  EpilogueData() = default;
  // Channel `channel`'s parameters with these changes, into `to`.
  void put(int64_t channel, std::span<const Patch> patches, const Parameters& to) const;
  [[nodiscard]] Parameters entry(size_t l) noexcept;

  int64_t channels_ = 0;
  bool add_ = false;
  bool normalize_ = false;
  std::optional<ops::ActivationKind> activation_;
  AlignedBuffer bias_, mean_, istd_, gamma_, beta_;  // kArrays
  std::shared_ptr<const Weights> weights_;
};

// The same one if the patches change nothing of it.
[[nodiscard]] std::shared_ptr<const EpilogueData> patched_epilogue(
    const std::shared_ptr<const EpilogueData>& epilogue, std::span<const Patch> patches);

}  // namespace tf_injector::detail
