// The kernel of ops::Mask, which replay knows by its type: a fault changes single elements.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/bits.hpp"
#include "kernels/pack_interfaces.hpp"

namespace tf_injector::detail {

// What a fault does to one element. Which NaN an operation gives depends on the order of its operands: every
// NaN is taken as the one of score files, which is what x86 makes of an invalid operation.
struct ElementMask {
  int64_t element = 0;
  uint32_t keep = ~uint32_t{0}, toggle = 0;
  [[nodiscard]] float apply(float value) const noexcept {
    return bits_float((float_bits(canonical_nan(value)) & keep) ^ toggle);
  }
};

class MaskKernel final : public MovementKernel {
 public:
  MaskKernel(WeightId mask, int64_t elements) : mask_(mask), elements_(elements) {}
  void run(const KernelArgs& args) const noexcept override;
  [[nodiscard]] std::string name() const override { return "ref:mask"; }
  [[nodiscard]] bool holds(WeightId weight) const override { return weight == mask_; }
  [[nodiscard]] std::unique_ptr<Kernel> patched(std::span<const Patch> patches) const override;
  [[nodiscard]] std::vector<int32_t> sources() const override;
  [[nodiscard]] float constant() const noexcept override { return 0.0f; }
  // Of the patches in this mask, ascending.
  [[nodiscard]] std::vector<ElementMask> changes(std::span<const Patch> patches) const;

 private:
  WeightId mask_;
  int64_t elements_;  // of an image
  std::vector<ElementMask> changes_;
};

}  // namespace tf_injector::detail
