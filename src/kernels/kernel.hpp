// A compiled op: chosen and packed once, run many times. Kernels are const and shared by all threads.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/aligned_buffer.hpp"
#include "core/bits.hpp"
#include "core/shape.hpp"
#include "graph/op.hpp"
#include "graph/patch.hpp"
#include "graph/weight.hpp"
#include "kernels/kernel_set.hpp"

namespace tf_injector::detail {

struct KernelArgs {
  std::span<const float* const> inputs;  // images x elements each; the operand of a fused Add is the last
  float* output = nullptr;               // images x elements; overlaps no input
  int images = 0;
  int batch = 2;        // images in the batch in which the original would feed these
  int batch_index = 0;  // in that batch, of the first of these; a later one may begin the next batch

  // The place of image n of these.
  [[nodiscard]] int64_t batch_index_of(int64_t n) const noexcept { return (batch_index + n) % batch; }
  // TensorFlow takes the elements of a batch in vectors of `vector`; how many of the `elements` of image n
  // lie in whole ones.
  [[nodiscard]] int64_t in_vectors(int64_t n, int64_t elements, int64_t vector) const noexcept {
    const int64_t end = batch * elements / vector * vector - batch_index_of(n) * elements;
    return end < 0 ? 0 : end < elements ? end : elements;
  }
};

class Kernel {
 public:
  virtual ~Kernel() = default;
  // Computes the whole output. Allocates nothing.
  virtual void run(const KernelArgs& args) const noexcept = 0;
  // "avx512:conv2d", "ref:slice"
  [[nodiscard]] virtual std::string name() const = 0;
  // Per image.
  [[nodiscard]] virtual int64_t multiply_adds() const { return 0; }
  [[nodiscard]] virtual size_t weight_bytes() const { return 0; }
  // Memory of tables of positions, which patched copies share.
  [[nodiscard]] virtual size_t table_bytes() const { return 0; }
  // Upper bounds on the memory of a patched copy, and of the kernel itself with its tables.
  [[nodiscard]] size_t patched_bytes() const {
    constexpr size_t kObjects = 4096;  // the kernel, its lists of classes, the padding of its arrays
    return AlignedBuffer::bytes_of(weight_bytes() / sizeof(float)) + kObjects;
  }
  [[nodiscard]] size_t bytes() const { return patched_bytes() + table_bytes(); }
  // True if the kernel depends on this weight, so that a fault in it may change the result.
  [[nodiscard]] virtual bool holds(WeightId weight) const {
    (void)weight;
    return false;
  }
  [[nodiscard]] bool holds_any(std::span<const Patch> patches) const {
    return std::any_of(patches.begin(), patches.end(),
                       [&](const Patch& patch) { return holds(patch.weight); });
  }
  // A copy of the kernel with these elements changed; null if the kernel holds none of their weights.
  [[nodiscard]] virtual std::unique_ptr<Kernel> patched(std::span<const Patch> patches) const {
    (void)patches;
    return nullptr;
  }
  [[nodiscard]] std::unique_ptr<Kernel> patched(const Patch& patch) const {
    return patched(std::span(&patch, 1));
  }
};

// Element-wise operations on an op's result before it is stored, in this order. Passes fuse them
// (plan/passes).
struct Epilogue {
  std::optional<ops::BatchNormalization> batch_normalization;
  bool add = false;  // adds one more input, of the output's shape
  std::optional<ops::ActivationKind> activation;
  [[nodiscard]] bool empty() const { return !batch_normalization && !add && !activation; }
};

// What the choice of a kernel may depend on: shapes and attributes. The weights are there to be packed; their
// values must not decide anything.
struct KernelContext {
  std::span<const Weight> weights = {};  // Graph::weights
  std::vector<Shape> inputs = {};        // without the operand of a fused Add
  Shape output;
  KernelSet set = KernelSet::scalar;
  Epilogue epilogue = {};
  // A border fused from a Pad node, (before, after) for h and w. Conv2D and DepthwiseConv2D: zeros, which are
  // multiplied. MaxPool2D: -Inf.
  std::optional<std::array<std::array<int64_t, 2>, 2>> explicit_padding = {};
};

// One overload per op, in the file of the op's name: takes the first candidate that fits (candidates.hpp).
std::unique_ptr<Kernel> make_kernel(const ops::Conv2D& op, const KernelContext& context);
std::unique_ptr<Kernel> make_kernel(const ops::Dense& op, const KernelContext& context);
std::unique_ptr<Kernel> make_kernel(const ops::BatchNormalization& op, const KernelContext& context);
std::unique_ptr<Kernel> make_kernel(const ops::Activation& op, const KernelContext& context);
std::unique_ptr<Kernel> make_kernel(const ops::Add& op, const KernelContext& context);
std::unique_ptr<Kernel> make_kernel(const ops::Pad& op, const KernelContext& context);
std::unique_ptr<Kernel> make_kernel(const ops::Slice& op, const KernelContext& context);
std::unique_ptr<Kernel> make_kernel(const ops::Transpose& op, const KernelContext& context);
std::unique_ptr<Kernel> make_kernel(const ops::Reshape& op, const KernelContext& context);
std::unique_ptr<Kernel> make_kernel(const ops::AveragePool2D& op, const KernelContext& context);
std::unique_ptr<Kernel> make_kernel(const ops::GlobalAveragePool& op, const KernelContext& context);
std::unique_ptr<Kernel> make_kernel(const ops::MaxPool2D& op, const KernelContext& context);
std::unique_ptr<Kernel> make_kernel(const ops::GlobalMaxPool& op, const KernelContext& context);
std::unique_ptr<Kernel> make_kernel(const ops::Concat& op, const KernelContext& context);
std::unique_ptr<Kernel> make_kernel(const ops::DepthwiseConv2D& op, const KernelContext& context);
std::unique_ptr<Kernel> make_kernel(const ops::Function& op, const KernelContext& context);
std::unique_ptr<Kernel> make_kernel(const ops::Softmax& op, const KernelContext& context);
std::unique_ptr<Kernel> make_kernel(const ops::Binary& op, const KernelContext& context);
std::unique_ptr<Kernel> make_kernel(const ops::LayerNormalization& op, const KernelContext& context);
std::unique_ptr<Kernel> make_kernel(const ops::LogSoftmax& op, const KernelContext& context);
std::unique_ptr<Kernel> make_kernel(const ops::Repeat& op, const KernelContext& context);
std::unique_ptr<Kernel> make_kernel(const ops::Resize& op, const KernelContext& context);
std::unique_ptr<Kernel> make_kernel(const ops::Mask& op, const KernelContext& context);

// Calls change(element, value) for each of the patches that lies in this weight.
template <class Change>
void for_each_patch(std::span<const Patch> patches, WeightId weight, const Change& change) {
  for (const Patch& patch : patches)
    if (patch.weight == weight) change(patch.element, bits_float(patch.new_bits));
}

// The values of a weight, or an empty span for kNoWeight.
[[nodiscard]] inline std::span<const float> weight_values(const KernelContext& context, WeightId id) {
  return id == kNoWeight ? std::span<const float>()
                         : std::span<const float>(context.weights[static_cast<size_t>(id)].values);
}

}  // namespace tf_injector::detail
