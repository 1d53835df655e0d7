#include "kernels/ref/eigen_math.hpp"
#include "kernels/ref/reference.hpp"

// TensorFlow's SoftmaxEigenImpl: y = x - maximum, then y - log(sum of exp(y)).
namespace tf_injector::detail::ref {
namespace {

float exp_sum(const float* y, int64_t first, int64_t n) {
  return eigen_cut_sum(first, n, [&](int64_t from, int64_t count) {
    const float* part = y + from;
    const int64_t in_vectors = count / 8 * 8;
    return eigen_row_sum(
        count, [&](int64_t i) { return i < in_vectors ? eigen_exp(part[i]) : library_exp(part[i]); });
  });
}

}  // namespace

void log_softmax(int64_t classes, int64_t first, const float* in, float* out, int64_t rows, Part part) {
  for (int64_t row = 0; row < rows; ++row) {
    const float* x = in + row * classes;
    float* y = out + row * classes;
    float largest = -HUGE_VALF;  // NaN is skipped here, but the sum becomes NaN
    for (int64_t i = 0; i < classes; ++i) largest = x[i] > largest ? x[i] : largest;
    for (int64_t i = 0; i < classes; ++i) y[i] = x[i] - largest;
    const float sum = exp_sum(y, first + row * classes, classes);
    const float log = part == Part::body ? eigen_log(sum) : library_log(sum);
    for (int64_t i = 0; i < classes; ++i) y[i] = y[i] - log;
  }
}

}  // namespace tf_injector::detail::ref
