// ResizeBilinear: the reference is all there is.
#include "kernels/kernel.hpp"
#include "kernels/ref/reference.hpp"

namespace tf_injector {
namespace {

class ResizeBilinearKernel final : public Kernel {
 public:
  explicit ResizeBilinearKernel(const KernelContext& context)
      : input_(context.inputs[0]), output_(context.output) {}
  void run(const KernelArgs& args) const noexcept override {
    ref::resize_bilinear(input_, output_, args.inputs[0], args.output, args.images);
  }
  [[nodiscard]] std::string name() const override { return "ref:resize_bilinear"; }

 private:
  Shape input_, output_;
};

}  // namespace

std::unique_ptr<Kernel> make_kernel(const ops::ResizeBilinear&, const KernelContext& context) {
  return std::make_unique<ResizeBilinearKernel>(context);
}

}  // namespace tf_injector
