#include <algorithm>
#include <map>
#include <numeric>

#include "kernels/mask_kernel.hpp"

namespace tf_injector::detail {

void MaskKernel::run(const KernelArgs& args) const noexcept {
  std::copy_n(args.inputs[0], args.images * elements_, args.output);
  for (const ElementMask& change : changes_) {
    for (int64_t at = change.element; at < args.images * elements_; at += elements_)
      args.output[at] = change.apply(args.output[at]);
  }
}

std::unique_ptr<Kernel> MaskKernel::patched(std::span<const Patch> patches) const {
  if (!holds_any(patches)) return nullptr;
  auto kernel = std::make_unique<MaskKernel>(mask_, elements_);
  kernel->changes_ = changes(patches);
  return kernel;
}

std::vector<int32_t> MaskKernel::sources() const {
  if (elements_ > INT32_MAX) return {};
  std::vector<int32_t> from(static_cast<size_t>(elements_));
  std::iota(from.begin(), from.end(), 0);
  return from;
}

std::vector<ElementMask> MaskKernel::changes(std::span<const Patch> patches) const {
  std::map<int64_t, ElementMask> changed;
  for (const Patch& patch : patches) {
    if (patch.weight != mask_) continue;
    const int64_t element = patch.element % elements_;
    ElementMask& mask = changed[element];
    mask.element = element;
    (patch.element < elements_ ? mask.toggle : mask.keep) = patch.new_bits;
  }
  std::vector<ElementMask> list;
  list.reserve(changed.size());
  for (const auto& [element, mask] : changed) list.push_back(mask);
  return list;
}

std::unique_ptr<Kernel> make_kernel(const ops::Mask& op, const KernelContext& context) {
  return std::make_unique<MaskKernel>(op.mask, context.output.elements());
}

}  // namespace tf_injector::detail
