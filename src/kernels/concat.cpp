// Concat: copies, the reference is all there is.
#include "kernels/pack_interfaces.hpp"
#include "kernels/ref/reference.hpp"

namespace tf_injector::detail {
namespace {

class ConcatKernel final : public JoinKernel {
 public:
  ConcatKernel(const ops::Concat& op, const KernelContext& context) {
    for (int a = 0; a < op.axis; ++a) outer_ *= context.output[a];
    for (const Shape& input : context.inputs) parts_.push_back(outer_ == 0 ? 0 : input.elements() / outer_);
  }
  void run(const KernelArgs& args) const noexcept override {
    ref::concat(outer_, parts_, args.inputs, args.output, args.images);
  }
  [[nodiscard]] int64_t rows() const noexcept override { return outer_; }
  [[nodiscard]] std::string name() const override { return "ref:concat"; }

 private:
  int64_t outer_ = 1;
  std::vector<int64_t> parts_;  // elements of each input per index of the axes before the concatenated one
};

}  // namespace

std::unique_ptr<Kernel> make_kernel(const ops::Concat& op, const KernelContext& context) {
  return std::make_unique<ConcatKernel>(op, context);
}

}  // namespace tf_injector::detail
