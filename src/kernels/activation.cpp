#include "kernels/elementwise.hpp"

namespace tf_injector::detail {

std::unique_ptr<Kernel> make_kernel(const ops::Activation& op, const KernelContext& context) {
  KernelContext whole = context;
  whole.epilogue.activation = op.kind;
  return make_elementwise(whole);
}

}  // namespace tf_injector::detail
