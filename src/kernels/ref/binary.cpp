#include "core/bits.hpp"
#include "kernels/ref/eigen_math.hpp"
#include "kernels/ref/reference.hpp"

namespace tf_injector::detail::ref {
namespace {

// NaN wins over any number; of +0 and -0 the second operand is taken, as on x86.
float maximum(float a, float b) {
  if (is_nan(a) || is_nan(b)) return bits_float(kCanonicalNan);
  return a > b ? flushed(a) : flushed(b);
}

float minimum(float a, float b) {
  if (is_nan(a) || is_nan(b)) return bits_float(kCanonicalNan);
  return a < b ? flushed(a) : flushed(b);
}

template <class Compute>
void row(const BinaryRow& r, float* out, Compute compute) {
  for (int64_t i = 0; i < r.count; ++i) out[i] = compute(r.a[i * r.step_a], r.b[i * r.step_b]);
}

}  // namespace

void binary(ops::BinaryKind kind, const BinaryRow& r, float* out) {
  using ops::BinaryKind;
  switch (kind) {
    case BinaryKind::add:
      return row(r, out, [](float a, float b) { return a + b; });
    case BinaryKind::subtract:
      return row(r, out, [](float a, float b) { return a - b; });
    case BinaryKind::multiply:
      return row(r, out, [](float a, float b) { return a * b; });
    case BinaryKind::divide:
      return row(r, out, [](float a, float b) { return a / b; });
    case BinaryKind::maximum:
      return row(r, out, maximum);
    case BinaryKind::minimum:
      return row(r, out, minimum);
  }
}

}  // namespace tf_injector::detail::ref
