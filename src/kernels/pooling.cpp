// AveragePool2D and GlobalAveragePool: the reference is all there is (a thousandth of a network's work).
#include "kernels/kernel.hpp"
#include "kernels/ref/reference.hpp"

namespace tf_injector {
namespace {

class AveragePool2DKernel final : public Kernel {
 public:
  AveragePool2DKernel(const ops::AveragePool2D& op, const KernelContext& context)
      : op_(op), input_(context.inputs[0]), output_(context.output) {}
  void run(const KernelArgs& args) const noexcept override {
    ref::average_pool2d(op_, input_, output_, args.inputs[0], args.output, args.images);
  }
  [[nodiscard]] std::string name() const override { return "ref:average_pool2d"; }

 private:
  ops::AveragePool2D op_;
  Shape input_, output_;
};

class GlobalAveragePoolKernel final : public Kernel {
 public:
  explicit GlobalAveragePoolKernel(const Shape& input)
      : positions_(input[0] * input[1]), channels_(input[2]) {}
  void run(const KernelArgs& args) const noexcept override {
    ref::global_average_pool(positions_, channels_, args.inputs[0], args.output, args.images);
  }
  [[nodiscard]] std::string name() const override { return "ref:global_average_pool"; }

 private:
  int64_t positions_, channels_;
};

}  // namespace

std::unique_ptr<Kernel> make_kernel(const ops::AveragePool2D& op, const KernelContext& context) {
  return std::make_unique<AveragePool2DKernel>(op, context);
}

std::unique_ptr<Kernel> make_kernel(const ops::GlobalAveragePool&, const KernelContext& context) {
  return std::make_unique<GlobalAveragePoolKernel>(context.inputs[0]);
}

}  // namespace tf_injector
