#include "kernels/elementwise.hpp"

#include <algorithm>

#include "kernels/const_arrays.hpp"
#include "kernels/pack_interfaces.hpp"
#include "kernels/ref/reference.hpp"

namespace tf_injector::detail {
namespace {

class ElementwiseKernel final : public ElementwiseForm, public ConstArrays {
 public:
  explicit ElementwiseKernel(const KernelContext& context)
      : table_(simd::simd_table(context.set)),
        elements_(context.output.elements()),
        channels_(context.epilogue.batch_normalization ? context.output.back() : elements_),
        epilogue_(std::make_shared<const EpilogueData>(context, kNoWeight, channels_)) {}

  void run(const KernelArgs& args) const noexcept override {
    const int64_t rows = args.images * (elements_ / channels_);
    if (table_ != nullptr) {
      table_->elementwise({.in = args.inputs[0],
                           .out = args.output,
                           .rows = rows,
                           .channels = static_cast<int32_t>(channels_),
                           .epilogue = epilogue_->call(args)});
      return;
    }
    std::copy_n(args.inputs[0], args.images * elements_, args.output);
    epilogue_->apply_reference(args, rows);
  }
  [[nodiscard]] std::string name() const override {
    return table_ != nullptr ? std::string(kernel_set_name(table_->set)) + ":elementwise" : "ref:elementwise";
  }
  [[nodiscard]] size_t weight_bytes() const override { return epilogue_->bytes(); }
  void visit_arrays(const ArrayVisitor& visit) const override {
    detail::visit_arrays(*epilogue_, channels_, visit);
  }
  [[nodiscard]] const EpilogueData& epilogue() const noexcept override { return *epilogue_; }
  [[nodiscard]] int64_t channels() const noexcept override { return channels_; }
  [[nodiscard]] bool holds(WeightId weight) const override { return epilogue_->holds(weight); }
  [[nodiscard]] std::unique_ptr<Kernel> patched(std::span<const Patch> patches) const override {
    if (!holds_any(patches)) return nullptr;
    auto copy = std::make_unique<ElementwiseKernel>(*this);
    copy->epilogue_ = patched_epilogue(epilogue_, patches);
    return copy;
  }

 private:
  const simd::SimdTable* table_;
  int64_t elements_, channels_;
  std::shared_ptr<const EpilogueData> epilogue_;
};

}  // namespace

std::unique_ptr<Kernel> make_elementwise(const KernelContext& context) {
  return std::make_unique<ElementwiseKernel>(context);
}

}  // namespace tf_injector::detail
