// Functions of one element: vectors where there are some for the function, else the reference.
#include "kernels/pack_interfaces.hpp"
#include "kernels/ref/reference.hpp"
#include "kernels/simd/simd_table.hpp"

namespace tf_injector::detail {
namespace {

class FunctionKernel final : public FunctionForm {
 public:
  FunctionKernel(const ops::Function& op, const KernelContext& context)
      : op_(op), table_(simd::simd_table(context.set)), elements_(context.output.elements()) {
    if (table_ != nullptr && !table_->function({.kind = op.kind})) table_ = nullptr;
  }

  void run(const KernelArgs& args) const noexcept override {
    if (is_uniform()) return apply(args.inputs[0], args.output, args.images * elements_);
    for (int64_t n = 0; n < args.images; ++n) {
      const int64_t body = args.in_vectors(n, elements_, kPacket);
      const float* in = args.inputs[0] + n * elements_;
      float* out = args.output + n * elements_;
      apply(in, out, body);
      ref::function(op_, in + body, out + body, elements_ - body, ref::Part::end);
    }
  }
  [[nodiscard]] bool is_uniform() const noexcept override { return elements_ % kPacket == 0; }
  // The number of elements that TensorFlow computes in vectors; the others are at the end of a batch.
  void apply(const float* in, float* out, int64_t count) const noexcept override {
    if (table_ == nullptr) return ref::function(op_, in, out, count, ref::Part::body);
    table_->function(
        {.in = in, .out = out, .count = count, .kind = op_.kind, .release = op_.release, .alpha = op_.alpha});
  }
  [[nodiscard]] std::string name() const override {
    return std::string(table_ != nullptr ? kernel_set_name(table_->set) : "ref") + ":" +
           ops::function_name(op_.kind);
  }

 private:
  static constexpr int64_t kPacket = 8;
  ops::Function op_;
  const simd::SimdTable* table_;
  int64_t elements_;
};

}  // namespace

std::unique_ptr<Kernel> make_kernel(const ops::Function& op, const KernelContext& context) {
  return std::make_unique<FunctionKernel>(op, context);
}

}  // namespace tf_injector::detail
