// Resize: there is only the reference, with tables of rows and columns that are computed once.
#include "kernels/ref/resize.hpp"

#include "kernels/const_arrays.hpp"
#include "kernels/kernel.hpp"

namespace tf_injector::detail {
namespace {

class ResizeKernel final : public Kernel, public ConstArrays {
 public:
  ResizeKernel(const ops::Resize& op, const KernelContext& context)
      : input_(context.inputs[0]), tables_(ref::resize_tables(op, input_)), method_(op.method) {}
  void run(const KernelArgs& args) const noexcept override {
    ref::resize(tables_, input_, args.inputs[0], args.output, args.images);
  }
  [[nodiscard]] std::string name() const override {
    return std::string("ref:resize_") + ops::resize_name(method_);
  }
  void visit_arrays(const ArrayVisitor& visit) const override {
    for (const ref::ResizeAxis* axis : {&tables_.rows, &tables_.columns}) {
      visit_array(visit, axis->begin);
      visit_array(visit, axis->source);
      visit_array(visit, axis->weight);
    }
  }

 private:
  Shape input_;
  ref::ResizeTables tables_;
  ops::ResizeMethod method_;
};

}  // namespace

std::unique_ptr<Kernel> make_kernel(const ops::Resize& op, const KernelContext& context) {
  return std::make_unique<ResizeKernel>(op, context);
}

}  // namespace tf_injector::detail
