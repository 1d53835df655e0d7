// Softmax: there is only the reference, as it has few elements (one per class).
#include "kernels/kernel.hpp"
#include "kernels/ref/reference.hpp"

namespace tf_injector::detail {
namespace {

class SoftmaxKernel final : public Kernel {
 public:
  explicit SoftmaxKernel(const Shape& shape)
      : classes_(shape.back()), rows_(classes_ == 0 ? 0 : shape.elements() / classes_) {}
  void run(const KernelArgs& args) const noexcept override {
    ref::softmax(classes_, args.inputs[0], args.output, args.images * rows_);
  }
  [[nodiscard]] std::string name() const override { return "ref:softmax"; }

 private:
  int64_t classes_, rows_;
};

}  // namespace

std::unique_ptr<Kernel> make_kernel(const ops::Softmax&, const KernelContext& context) {
  return std::make_unique<SoftmaxKernel>(context.output);
}

}  // namespace tf_injector::detail
