// The reference of a convolution as a kernel: kernels/ref says what it computes.
#include <span>
#include <vector>

#include "core/bits.hpp"
#include "kernels/const_arrays.hpp"
#include "kernels/convolutions/conv2d_candidates.hpp"
#include "kernels/epilogue.hpp"

namespace tf_injector::detail {
namespace {

class ReferenceConv2D final : public Kernel, public ConstArrays {
 public:
  ReferenceConv2D(const Conv2DParts& parts, const KernelContext& context)
      : geometry_(parts.geometry),
        kernel_(parts.kernel),
        epilogue_(std::make_shared<const EpilogueData>(context, parts.bias, geometry_.cout)),
        weights_(weight_values(context, kernel_).begin(), weight_values(context, kernel_).end()) {}

  void run(const KernelArgs& args) const noexcept override {
    ref::conv2d(geometry_, args.inputs[0], weights_.data(), epilogue_->bias(), args.output, args.images,
                args.batch);
    epilogue_->apply_reference(args, args.images * geometry_.out_h * geometry_.out_w);
  }
  [[nodiscard]] std::string name() const override { return "ref:conv2d"; }
  [[nodiscard]] int64_t multiply_adds() const override { return multiply_adds_of(geometry_); }
  [[nodiscard]] size_t weight_bytes() const override {
    return weights_.size() * sizeof(float) + epilogue_->bytes();
  }
  void visit_arrays(const ArrayVisitor& visit) const override {
    visit_array(visit, weights_);
    detail::visit_arrays(*epilogue_, geometry_.cout, visit);
  }
  [[nodiscard]] bool holds(WeightId weight) const override {
    return weight == kernel_ || epilogue_->holds(weight);
  }
  [[nodiscard]] std::unique_ptr<Kernel> patched(std::span<const Patch> patches) const override {
    if (!holds_any(patches)) return nullptr;
    auto copy = std::make_unique<ReferenceConv2D>(*this);
    for_each_patch(patches, kernel_, [&](int64_t element, float value) {
      copy->weights_[static_cast<size_t>(element)] = value;
    });
    copy->epilogue_ = patched_epilogue(epilogue_, patches);
    return copy;
  }

 private:
  ref::Conv2DGeometry geometry_;
  WeightId kernel_;
  std::shared_ptr<const EpilogueData> epilogue_;
  std::vector<float> weights_;
};

}  // namespace

int64_t multiply_adds_of(const ref::Conv2DGeometry& g) {
  return g.out_h * g.out_w * g.cout * g.kernel_h * g.kernel_w * (g.cin / g.groups);
}

std::unique_ptr<Kernel> make_reference_conv2d(const Conv2DParts& parts, const KernelContext& context) {
  return std::make_unique<ReferenceConv2D>(parts, context);
}

}  // namespace tf_injector::detail
