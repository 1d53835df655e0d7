// Pad, Slice, Transpose and Reshape: copies, the reference is all there is.
#include <algorithm>

#include "kernels/kernel.hpp"
#include "kernels/ref/reference.hpp"

namespace tf_injector {
namespace {

// A kernel of a function (input, output, images).
template <class Copy>
class CopyKernel final : public Kernel {
 public:
  CopyKernel(std::string name, Copy copy) : name_(std::move(name)), copy_(std::move(copy)) {}
  void run(const KernelArgs& args) const noexcept override {
    copy_(args.inputs[0], args.output, args.images);
  }
  [[nodiscard]] std::string name() const override { return name_; }

 private:
  std::string name_;
  Copy copy_;
};

template <class Copy>
std::unique_ptr<Kernel> make_copy(std::string name, Copy copy) {
  return std::make_unique<CopyKernel<Copy>>(std::move(name), std::move(copy));
}

}  // namespace

std::unique_ptr<Kernel> make_kernel(const ops::Pad& op, const KernelContext& context) {
  return make_copy("ref:pad", [op, input = context.inputs[0], output = context.output](
                                  const float* in, float* out, int images) {
    ref::pad(op, input, output, in, out, images);
  });
}

std::unique_ptr<Kernel> make_kernel(const ops::Slice& op, const KernelContext& context) {
  return make_copy("ref:slice", [op, input = context.inputs[0]](const float* in, float* out, int images) {
    ref::slice(op, input, in, out, images);
  });
}

std::unique_ptr<Kernel> make_kernel(const ops::Transpose& op, const KernelContext& context) {
  return make_copy("ref:transpose", [op, input = context.inputs[0]](const float* in, float* out, int images) {
    ref::transpose(op, input, in, out, images);
  });
}

std::unique_ptr<Kernel> make_kernel(const ops::Reshape&, const KernelContext& context) {
  return make_copy("ref:reshape",
                   [elements = context.output.elements()](const float* in, float* out, int images) {
                     std::copy_n(in, images * elements, out);
                   });
}

}  // namespace tf_injector
