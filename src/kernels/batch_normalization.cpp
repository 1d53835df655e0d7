#include "kernels/elementwise.hpp"

namespace tf_injector::detail {

std::unique_ptr<Kernel> make_kernel(const ops::BatchNormalization& op, const KernelContext& context) {
  KernelContext whole = context;
  whole.epilogue.batch_normalization = op;
  return make_elementwise(whole);
}

}  // namespace tf_injector::detail
