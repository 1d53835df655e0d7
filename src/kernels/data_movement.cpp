// Pad, Slice, Transpose, Reshape and Repeat: only copies, so there is only the reference.
#include <algorithm>
#include <numeric>

#include "kernels/pack_interfaces.hpp"
#include "kernels/ref/reference.hpp"

namespace tf_injector::detail {
namespace {

// A kernel made from a function (input, output, images).
template <class Copy>
class CopyKernel final : public MovementKernel {
 public:
  CopyKernel(std::string name, const KernelContext& context, float constant, Copy copy)
      : name_(std::move(name)),
        inputs_(context.inputs[0].elements()),
        outputs_(context.output.elements()),
        constant_(constant),
        copy_(std::move(copy)) {}
  void run(const KernelArgs& args) const noexcept override {
    copy_(args.inputs[0], args.output, args.images);
  }
  [[nodiscard]] std::string name() const override { return name_; }
  // Finds the sources by moving the indices of the input elements, twice with different offsets: what does
  // not shift with them is the constant.
  [[nodiscard]] std::vector<int32_t> sources() const override {
    std::vector<float> numbers(static_cast<size_t>(inputs_)), moved(static_cast<size_t>(outputs_)),
        again(moved);
    const float shift = static_cast<float>(inputs_) + 1.0f;
    if (2.0f * shift > kLargestExactNumber) return {};
    std::iota(numbers.begin(), numbers.end(), 0.0f);
    copy_(numbers.data(), moved.data(), 1);
    for (float& v : numbers) v += shift;
    copy_(numbers.data(), again.data(), 1);
    std::vector<int32_t> from(moved.size(), kConstant);
    for (size_t i = 0; i < from.size(); ++i) {
      if (again[i] - moved[i] == shift) from[i] = static_cast<int32_t>(moved[i]);
    }
    return from;
  }
  [[nodiscard]] float constant() const noexcept override { return constant_; }

 private:
  static constexpr float kLargestExactNumber = 16777216.0f;  // 2^24: up to here float32 holds every integer
  std::string name_;
  int64_t inputs_, outputs_;
  float constant_;
  Copy copy_;
};

template <class Copy>
std::unique_ptr<Kernel> make_copy(std::string name, const KernelContext& context, float constant, Copy copy) {
  return std::make_unique<CopyKernel<Copy>>(std::move(name), context, constant, std::move(copy));
}

}  // namespace

std::unique_ptr<Kernel> make_kernel(const ops::Pad& op, const KernelContext& context) {
  return make_copy(
      "ref:pad", context, op.value,
      [op, input = context.inputs[0], output = context.output](const float* in, float* out, int images) {
        ref::pad(op, input, output, in, out, images);
      });
}

std::unique_ptr<Kernel> make_kernel(const ops::Slice& op, const KernelContext& context) {
  return make_copy("ref:slice", context, 0.0f,
                   [op, input = context.inputs[0]](const float* in, float* out, int images) {
                     ref::slice(op, input, in, out, images);
                   });
}

std::unique_ptr<Kernel> make_kernel(const ops::Transpose& op, const KernelContext& context) {
  return make_copy("ref:transpose", context, 0.0f,
                   [op, input = context.inputs[0]](const float* in, float* out, int images) {
                     ref::transpose(op, input, in, out, images);
                   });
}

std::unique_ptr<Kernel> make_kernel(const ops::Repeat& op, const KernelContext& context) {
  return make_copy(
      "ref:repeat", context, 0.0f,
      [op, input = context.inputs[0], output = context.output](const float* in, float* out, int images) {
        ref::repeat(op, input, output, in, out, images);
      });
}

std::unique_ptr<Kernel> make_kernel(const ops::Reshape&, const KernelContext& context) {
  return make_copy("ref:reshape", context, 0.0f,
                   [elements = context.output.elements()](const float* in, float* out, int images) {
                     std::copy_n(in, images * elements, out);
                   });
}

}  // namespace tf_injector::detail
