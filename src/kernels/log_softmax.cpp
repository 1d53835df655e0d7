// LogSoftmax: there is only the reference, as it has few elements (one per class).
#include "kernels/kernel.hpp"
#include "kernels/ref/reference.hpp"

namespace tf_injector::detail {
namespace {

class LogSoftmaxKernel final : public Kernel {
 public:
  explicit LogSoftmaxKernel(const Shape& shape)
      : classes_(shape.back()), rows_(classes_ == 0 ? 0 : shape.elements() / classes_) {}
  void run(const KernelArgs& args) const noexcept override {
    for (int64_t n = 0; n < args.images; ++n) {
      const int64_t body = args.in_vectors(n, rows_, kPacket);
      run_rows(args, n, 0, body, ref::Part::body);
      run_rows(args, n, body, rows_ - body, ref::Part::end);
    }
  }
  [[nodiscard]] std::string name() const override { return "ref:log_softmax"; }

 private:
  static constexpr int64_t kPacket = 8;  // rows whose logarithms TensorFlow computes at once

  void run_rows(const KernelArgs& args, int64_t image, int64_t first, int64_t count,
                ref::Part part) const noexcept {
    const int64_t at = (image * rows_ + first) * classes_;
    const int64_t in_batch = (args.batch_index_of(image) * rows_ + first) * classes_;
    ref::log_softmax(classes_, in_batch, args.inputs[0] + at, args.output + at, count, part);
  }

  int64_t classes_, rows_;
};

}  // namespace

std::unique_ptr<Kernel> make_kernel(const ops::LogSoftmax&, const KernelContext& context) {
  return std::make_unique<LogSoftmaxKernel>(context.output);
}

}  // namespace tf_injector::detail
