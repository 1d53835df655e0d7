// The SIMD convolution: tables of positions, packed weights, epilogue.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/aligned_buffer.hpp"
#include "kernels/const_arrays.hpp"
#include "kernels/convolutions/conv2d_candidates.hpp"
#include "kernels/convolutions/position_tables.hpp"
#include "kernels/pack_interfaces.hpp"
#include "kernels/packed_weights.hpp"
#include "kernels/simd/simd_table.hpp"

namespace tf_injector::detail {

class SimdConv2D final : public LinearKernel, public ConstArrays {
 public:
  SimdConv2D(const Conv2DParts& parts, const KernelContext& context);

  void run(const KernelArgs& args) const noexcept override;
  [[nodiscard]] std::string name() const override;
  [[nodiscard]] int64_t multiply_adds() const override;
  [[nodiscard]] size_t weight_bytes() const override;
  [[nodiscard]] size_t table_bytes() const override { return positions_->bytes(); }
  void visit_arrays(const ArrayVisitor& visit) const override;
  [[nodiscard]] bool holds(WeightId weight) const override;
  [[nodiscard]] std::unique_ptr<Kernel> patched(std::span<const Patch> patches) const override;

  [[nodiscard]] LinearGeometry linear_geometry() const override;
  [[nodiscard]] const simd::SimdTable& table() const noexcept override { return table_; }
  [[nodiscard]] const EpilogueData& epilogue() const noexcept override { return *epilogue_; }
  [[nodiscard]] std::span<const int64_t> blocks(int) const noexcept override { return {}; }
  void run_with_before(const KernelArgs& args, float* before) const noexcept override;
  void run_positions(const KernelArgs& args, std::span<const int32_t> positions,
                     PositionScratch& scratch) const override;
  void run_columns(const float* in, const float* columns, int32_t lanes, float* sums, int batch,
                   const std::vector<int32_t>* positions, PositionScratch& scratch) const override;
  [[nodiscard]] int64_t columns_room(int32_t columns) const noexcept override;
  [[nodiscard]] std::vector<int64_t> class_sizes() const override;
  // Are so many columns computed plane by plane?
  [[nodiscard]] bool takes_planes(int32_t columns) const noexcept;
  // kernel_h * kernel_w * cin: the length of a chain.
  [[nodiscard]] int64_t depth() const noexcept {
    return geometry_.kernel_h * geometry_.kernel_w * geometry_.cin;
  }
  [[nodiscard]] float weight(int64_t k, int64_t co) const noexcept override {
    return packed_[static_cast<size_t>(simd::packed_index(table_, depth(), geometry_.cout, k, co))];
  }
  // The call that computes `images` images with other weights of `cout` channels and without an epilogue.
  [[nodiscard]] simd::ConvCall call(const float* in, float* out, int images) const noexcept;

 private:
  // Columns of a single block of packed weights, and the floats from one input's weights to the next's.
  [[nodiscard]] int32_t most_columns() const noexcept { return table_.vectors_per_block * table_.lanes; }
  [[nodiscard]] int32_t column_stride(int32_t columns) const noexcept {
    return static_cast<int32_t>(simd::packed_size(table_, 1, columns));
  }
  // The call for some positions only; their classes lie in the scratch.
  void select(std::span<const int32_t> positions, PositionScratch& scratch, simd::ConvCall& call) const;
  [[nodiscard]] size_t packed_element(int64_t element) const {
    return static_cast<size_t>(simd::packed_index(table_, depth(), geometry_.cout, element / geometry_.cout,
                                                  element % geometry_.cout));
  }

  const simd::SimdTable& table_;
  ref::Conv2DGeometry geometry_;
  WeightId kernel_;
  std::shared_ptr<const PositionTables> positions_;
  std::shared_ptr<const EpilogueData> epilogue_;
  std::vector<simd::PositionClass> classes_;
  std::optional<simd::ConvRows> rows_;  // of stride and dilation 1
  bool runs_rows_;
  std::shared_ptr<const AlignedBuffer> zeros_;
  PackedWeights packed_;
};

}  // namespace tf_injector::detail
