// The forms in which replay can compute an op for many faults at once. A kernel has a form if it is derived
// from one of these classes; replay runs any other kernel as a whole.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/aligned_buffer.hpp"
#include "kernels/epilogue.hpp"
#include "kernels/kernel.hpp"
#include "kernels/simd/simd_table.hpp"

namespace tf_injector::detail {

// Convolutions and Dense: out[position][co] is a sum over the taps and input channels of its window, then the
// epilogue.
struct LinearGeometry {
  static constexpr int32_t kSkipped = -1;  // the tap is not in this position's chain (padding="same")
  static constexpr int32_t kZero = -2;     // a zero is multiplied and added (an explicit border)
  int64_t in_positions = 1, out_positions = 1;
  int64_t taps = 1, cin = 0, cout = 0;
  std::vector<int32_t> source;  // [out_positions][taps]: the input position, kSkipped or kZero
};

// Scratch memory of run_positions and run_columns, one per thread: it is kept so that calls do not allocate.
struct PositionScratch {
  std::vector<std::vector<int32_t>> among;  // per class of positions
  std::vector<simd::PositionClass> classes;
  AlignedBuffer room;  // of run_columns
};

class LinearKernel : public Kernel {
 public:
  [[nodiscard]] virtual LinearGeometry linear_geometry() const = 0;
  // Weight (k, co), k = tap * cin + ci.
  [[nodiscard]] virtual float weight(int64_t k, int64_t co) const noexcept = 0;
  [[nodiscard]] virtual const EpilogueData& epilogue() const noexcept = 0;
  [[nodiscard]] virtual const simd::SimdTable& table() const noexcept = 0;
  // Where the chain over k is cut: each block its own chain, results added in order. Empty: one chain.
  [[nodiscard]] virtual std::span<const int64_t> blocks(int batch) const noexcept = 0;
  // Same as run; it also writes the values before the activation to `before`, unless that is null, in the
  // layout of the output.
  virtual void run_with_before(const KernelArgs& args, float* before) const noexcept = 0;
  // Computes the given output positions (ascending) of one image; the rest of the output is unchanged.
  virtual void run_positions(const KernelArgs& args, std::span<const int32_t> positions,
                             PositionScratch& scratch) const = 0;
  // The sums of one image with other weights and without the epilogue: `columns` are the packed weights
  // (simd::packed_index) of `lanes` output channels; sums: [out_positions][lanes]. Writes the given positions
  // (ascending; null: all), and may write others.
  virtual void run_columns(const float* in, const float* columns, int32_t lanes, float* sums, int batch,
                           const std::vector<int32_t>* positions, PositionScratch& scratch) const = 0;
  // The most floats that run_columns needs in PositionScratch::room, for up to that many columns.
  [[nodiscard]] virtual int64_t columns_room(int32_t) const noexcept { return 0; }
  // The most positions in each list of PositionScratch::among.
  [[nodiscard]] virtual std::vector<int64_t> class_sizes() const { return {}; }
};

// Data movement: every output element is an input element or a constant.
class MovementKernel : public Kernel {
 public:
  static constexpr int32_t kConstant = -1;
  // For every output element of an image the index of the input element, or kConstant. Empty: not known (the
  // image is too large).
  [[nodiscard]] virtual std::vector<int32_t> sources() const = 0;
  [[nodiscard]] virtual float constant() const noexcept = 0;
};

// Averages per channel. Position i of the window, for i < striped, is added to sum i mod stripes, in order;
// the sums are added from the left; the other positions are added one by one; then the result is divided by
// their number.
struct AverageGeometry {
  struct Window {
    std::vector<int32_t> positions;
  };
  std::vector<Window> windows;  // one per output position
  int64_t channels = 0;
  int stripes = 1;
  int64_t striped = 0;
};

class AverageKernel : public Kernel {
 public:
  [[nodiscard]] virtual AverageGeometry average_geometry() const = 0;
};

// Convolutions of single channels, and maxima: an output element depends on its own channel's elements in a
// window of positions; then comes the epilogue, if there is one.
struct WindowGeometry {
  static constexpr int32_t kZero = -1;  // a tap whose input is zero in every channel
  struct Window {
    std::vector<int32_t> positions;  // of the input, or kZero
    std::vector<int32_t> taps;       // the tap of the kernel for each position; unused for maxima
  };
  std::vector<Window> windows;  // one per output position
  int64_t channels = 0;
};

// How an op reduces the window of a single channel.
enum class WindowSum { maximum, chain, lanes };

class WindowKernel : public Kernel {
 public:
  [[nodiscard]] virtual WindowGeometry window_geometry() const = 0;
  [[nodiscard]] virtual WindowSum window_sum() const noexcept = 0;
  // [tap][weights_stride]: the weights of a tap by channel. Null for maxima.
  [[nodiscard]] virtual const float* weights() const noexcept { return nullptr; }
  [[nodiscard]] virtual int64_t weights_stride() const noexcept { return 0; }
  [[nodiscard]] virtual const EpilogueData* epilogue() const noexcept { return nullptr; }
};

// Concatenation: as matrices of rows(), each output row consists of that row of every input, in order. There
// is a row for every index of the axes before the concatenated one.
class JoinKernel : public Kernel {
 public:
  [[nodiscard]] virtual int64_t rows() const noexcept = 0;
};

// Batch normalisation, add and activation as separate steps: an epilogue applied to the first input.
class ElementwiseForm : public Kernel {
 public:
  [[nodiscard]] virtual const EpilogueData& epilogue() const noexcept = 0;
  [[nodiscard]] virtual int64_t channels() const noexcept = 0;  // period of the per-channel parameters
};

// A function of single elements.
class FunctionForm : public Kernel {
 public:
  // True if the function is the same for every position of the element. (It is not if TensorFlow computes the
  // last elements of a batch in another way.)
  [[nodiscard]] virtual bool is_uniform() const noexcept = 0;
  // Applies the function to `count` elements; up to a vector after the last one may be read. `out` may be
  // `in`.
  virtual void apply(const float* in, float* out, int64_t count) const noexcept = 0;
};

// A binary op of two inputs, or of one and a constant.
class BinaryForm : public Kernel {
 public:
  // Which element of an operand belongs to an element of the output: the one at the same position, or the one
  // at the same index of the last axis.
  enum class Meets { same, same_of_last_axis, other };
  [[nodiscard]] virtual bool has_constant() const noexcept = 0;
  [[nodiscard]] virtual Meets meets(size_t input) const noexcept = 0;
  // Computes `count` results for the one output position `element` (of different faults): a[i] is the value
  // of the first input, b[i] that of the second (unused if there is a constant). `out` may be `a`.
  virtual void compute(int64_t element, const float* a, const float* b, int64_t count,
                       float* out) const noexcept = 0;
};

}  // namespace tf_injector::detail
