#include "kernels/elementwise.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail {
namespace {

// ((a + b) + c) + ..., the activation of the epilogue behind the last. Of two inputs or more.
class AddKernel final : public Kernel {
 public:
  AddKernel(const KernelContext& context, size_t operands) : operands_(operands) {
    KernelContext step = context;
    step.epilogue = {.batch_normalization = {}, .add = true, .activation = {}};
    between_ = make_elementwise(step);
    step.epilogue.activation = context.epilogue.activation;
    last_ = make_elementwise(step);
  }

  void run(const KernelArgs& args) const noexcept override {
    const float* sum = args.inputs[0];
    for (size_t i = 1; i < operands_; ++i) {
      const float* const pair[] = {sum, args.inputs[i]};
      (i + 1 == operands_ ? last_ : between_)
          ->run({.inputs = pair, .output = args.output, .images = args.images, .batch = args.batch});
      sum = args.output;
    }
  }
  [[nodiscard]] std::string name() const override { return last_->name(); }

 private:
  size_t operands_;
  std::unique_ptr<Kernel> between_, last_;
};

}  // namespace

std::unique_ptr<Kernel> make_kernel(const ops::Add&, const KernelContext& context) {
  if (context.inputs.empty()) throw ModelError("Add: no inputs");
  if (context.inputs.size() == 1) return make_elementwise(context);  // a copy, and the activation
  if (context.inputs.size() > 2) return std::make_unique<AddKernel>(context, context.inputs.size());
  KernelContext pair = context;
  pair.epilogue.add = true;
  return make_elementwise(pair);
}

}  // namespace tf_injector::detail
