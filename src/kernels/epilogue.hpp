// The parameters of an Epilogue as per-channel arrays, padded to whole vectors.
#pragma once

#include <vector>

#include "core/aligned_buffer.hpp"
#include "kernels/kernel.hpp"
#include "kernels/simd/simd_table.hpp"

namespace tf_injector::detail {

// A weight of one value per channel; `otherwise` in all where the layer has no such weight.
[[nodiscard]] AlignedBuffer channel_values(const KernelContext& context, WeightId id, int64_t channels,
                                           float otherwise);

class EpilogueData {
 public:
  // `bias` may be empty. `channels`: the length of the output's last axis.
  EpilogueData(const KernelContext& context, std::span<const float> bias, int64_t channels);

  [[nodiscard]] bool has_add() const noexcept { return add_; }
  [[nodiscard]] const float* bias() const noexcept { return bias_.empty() ? nullptr : bias_.data(); }
  // The arguments of the SIMD kernel, without the operand of a fused Add.
  [[nodiscard]] simd::EpilogueCall parameters() const noexcept;
  // The same with the operand of a fused Add, which is the last input.
  [[nodiscard]] simd::EpilogueCall call(const KernelArgs& args) const noexcept;
  // Applies the epilogue to args.output in place with the reference kernels, `rows` rows of `channels`
  // values. The bias is left out, as the reference op adds it.
  void apply_reference(const KernelArgs& args, int64_t rows) const noexcept;
  // The parameters of the given channels: entry l has those of channels[l].
  [[nodiscard]] EpilogueData gathered(std::span<const int32_t> channels) const;
  [[nodiscard]] size_t bytes() const noexcept;
  static constexpr size_t kArrays = 5;

 private:
  EpilogueData() = default;

  int64_t channels_ = 0;
  bool add_ = false;
  bool normalize_ = false;
  std::optional<ops::ActivationKind> activation_;
  AlignedBuffer bias_, mean_, istd_, gamma_, beta_;  // kArrays
};

}  // namespace tf_injector::detail
