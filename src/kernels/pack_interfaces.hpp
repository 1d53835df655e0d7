// What replay may know of a kernel beyond running it: the forms in which an op can be computed for many
// faults at once. A kernel without a form is replayed by running it whole.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/aligned_buffer.hpp"
#include "kernels/epilogue.hpp"
#include "kernels/kernel.hpp"
#include "kernels/simd/simd_table.hpp"

namespace tf_injector {

// Convolutions and Dense: out[position][co] is one chain of fma over the taps and input channels of its
// window, then the epilogue.
struct LinearGeometry {
  static constexpr int32_t kSkipped = -1;  // the tap is not in this position's chain (padding="same")
  static constexpr int32_t kZero = -2;     // a zero is multiplied and added (an explicit border)
  int64_t in_positions = 1, out_positions = 1;
  int64_t taps = 1, cin = 0, cout = 0;
  std::vector<int32_t> source;  // [out_positions][taps]: the input position, kSkipped or kZero
};

// What run_positions puts its tables in: one per thread, kept so that nothing is allocated again and again.
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
  // As run, and writes what is in front of the activation to `before` (null: not), laid out as the output.
  virtual void run_with_before(const KernelArgs& args, float* before) const noexcept = 0;
  // One image: computes these output positions, ascending; the rest of the output is left as it is.
  virtual void run_positions(const KernelArgs& args, std::span<const int32_t> positions,
                             PositionScratch& scratch) const = 0;
  // One image, other weights: `columns` packs (simd::packed_index) `lanes` output channels; no epilogue.
  // sums: [out_positions][lanes]. These positions, ascending (null: all), are written, others may be.
  virtual void run_columns(const float* in, const float* columns, int32_t lanes, float* sums, int batch,
                           const std::vector<int32_t>* positions, PositionScratch& scratch) const = 0;
  // The most floats that run_columns takes for PositionScratch::room, with up to so many columns.
  [[nodiscard]] virtual int64_t columns_room(int32_t) const noexcept { return 0; }
  // The most positions that each list of PositionScratch::among takes.
  [[nodiscard]] virtual std::vector<int64_t> class_sizes() const { return {}; }
};

// Copies: every output element is an input element or a constant.
class MovementKernel : public Kernel {
 public:
  static constexpr int32_t kConstant = -1;
  // [output elements]: index of the input element, or kConstant. Of one image. Empty: not known (a huge
  // image).
  [[nodiscard]] virtual std::vector<int32_t> sources() const = 0;
  [[nodiscard]] virtual float constant() const noexcept = 0;
};

// Averages per channel: the window's positions are summed in order into `stripes` sums (position i of the
// window into sum i mod stripes as long as i < striped), which are added from the left; then the rest one by
// one; then / count.
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

// Convolutions of single channels and maxima: an output element is made of its own channel's elements in a
// window of positions, then the epilogue, if there is one.
struct WindowGeometry {
  static constexpr int32_t kZero = -1;  // a tap whose input is zero in every channel
  struct Window {
    std::vector<int32_t> positions;  // of the input, or kZero
    std::vector<int32_t> taps;       // which tap of the kernel each meets; not looked at for maxima
  };
  std::vector<Window> windows;  // one per output position
  int64_t channels = 0;
};

// How an op over the window of a single channel makes its value.
enum class WindowSum { maximum, chain, lanes };

class WindowKernel : public Kernel {
 public:
  [[nodiscard]] virtual WindowGeometry window_geometry() const = 0;
  [[nodiscard]] virtual WindowSum window_sum() const noexcept = 0;
  // [tap][stride]: the channels of a tap. Null for maxima.
  [[nodiscard]] virtual const float* weights() const noexcept { return nullptr; }
  [[nodiscard]] virtual int64_t weights_stride() const noexcept { return 0; }
  [[nodiscard]] virtual const EpilogueData* epilogue() const noexcept { return nullptr; }
};

// Inputs one behind the other, row by row: seen as a matrix of rows(), each output row is a row of every
// input, in order. A join along an axis has a row for every index of the axes before that one.
class JoinKernel : public Kernel {
 public:
  [[nodiscard]] virtual int64_t rows() const noexcept = 0;
};

// Batch normalisation, add and activation on their own: the epilogue of its first input.
class ElementwiseForm : public Kernel {
 public:
  [[nodiscard]] virtual const EpilogueData& epilogue() const noexcept = 0;
  [[nodiscard]] virtual int64_t channels() const noexcept = 0;  // period of the per-channel parameters
};

// A function of every element on its own.
class FunctionForm : public Kernel {
 public:
  // The same wherever an element lies? (Not where TensorFlow computes the last ones of a batch in another
  // way.)
  [[nodiscard]] virtual bool is_uniform() const noexcept = 0;
  // Of `count` elements; up to a vector behind the last one may be read. `out` may be `in`.
  virtual void apply(const float* in, float* out, int64_t count) const noexcept = 0;
};

// A binary op of two inputs, or of one and a constant.
class BinaryForm : public Kernel {
 public:
  // Which element of an operand meets an element of the output: the same one, or the same one of the last
  // axis in every row of the output.
  enum class Meets { same, same_of_last_axis, other };
  [[nodiscard]] virtual bool has_constant() const noexcept = 0;
  [[nodiscard]] virtual Meets meets(size_t input) const noexcept = 0;
  // Element `element` of an image's output, `count` times: a[i] is the first input's, b[i] the second's (not
  // looked at where there is a constant). `out` may be `a`.
  virtual void compute(int64_t element, const float* a, const float* b, int64_t count,
                       float* out) const noexcept = 0;
};

}  // namespace tf_injector
