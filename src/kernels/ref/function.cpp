#include "core/elementary.hpp"
#include "kernels/ref/eigen_math.hpp"
#include "kernels/ref/reference.hpp"

namespace tf_injector::detail::ref {
namespace {

using ops::FunctionKind;

float relu(float x) { return x <= 0.0f ? 0.0f : x; }
float at_most(float x, float highest) { return x > highest ? highest : x; }
float at_least(float x, float lowest) { return x < lowest ? lowest : x; }
float hard_sigmoid_6(float x) { return at_most(relu(x + 3.0f), 6.0f) / 6.0f; }

// The effect of a threshold other than 0 on values below it: Keras 2 multiplies them by 0 (-Inf becomes NaN),
// Keras 3 selects 0.
float above(const ops::Function& op, float x) {
  if (op.release == ops::TensorFlow::v2_21) return x > op.threshold ? x : 0.0f;
  return x * (x > op.threshold ? 1.0f : 0.0f);
}

// keras.activations.relu, step by step.
float general_relu(const ops::Function& op, float x) {
  const float negative_part = relu(op.threshold != 0.0f ? -x + op.threshold : -x);
  float y = op.threshold != 0.0f ? above(op, x) : relu(x);
  if (op.max_value != HUGE_VALF) y = relu(at_most(y, op.max_value));
  return op.alpha != 0.0f ? y - op.alpha * negative_part : y;
}

// The functions built from exp, log1p and x^3, which differ between the body and the end of a tensor, and
// from sigmoid and tanh, which differ between releases.
struct Body {
  static float logistic(float x) { return logistic_of(eigen_exp(x)); }
  static float tanh(float x) { return eigen_tanh(x); }
  static float exp(float x) { return eigen_exp(x); }
  static float log1p(float x) { return eigen_log1p(x); }
  static float cube(float x) { return eigen_cube(x); }
};
struct End {
  static float logistic(float x) { return logistic_of(library_exp(x)); }
  static float tanh(float x) { return eigen_tanh(x); }
  static float exp(float x) { return library_exp(x); }
  static float log1p(float x) { return static_cast<float>(log1p_of(x)); }
  static float cube(float x) {
    const double d = static_cast<double>(x);
    return flushed(static_cast<float>(d * d * d));
  }
};

struct Body221 : Body {
  static float logistic(float x) { return eigen_logistic_2_21(x); }
  static float tanh(float x) { return eigen_tanh_2_21(x); }
};
struct End221 : End {
  static float logistic(float x) { return library_logistic_2_21(x); }
  static float tanh(float x) { return eigen_tanh_2_21(x); }
};

template <class Math>
float softplus(float x) {
  if (x > -kSoftplusThreshold) return x;
  const float e = Math::exp(x);
  return x < kSoftplusThreshold || is_nan(e) ? e : Math::log1p(e);
}

template <class Math>
float elu(float x) {
  return x < 0.0f ? Math::exp(x) - 1.0f : x;
}

template <class Math>
float gelu_tanh(float x) {
  const float inner = 0.7978845608028654f * (x + 0.044715f * Math::cube(x));
  return (0.5f * x) * (1.0f + Math::tanh(inner));
}

template <class Math>
float apply(const ops::Function& op, float x) {
  switch (op.kind) {
    case FunctionKind::exponential:
      return Math::exp(x);
    case FunctionKind::sigmoid:
      return Math::logistic(x);
    case FunctionKind::silu:
      return x * Math::logistic(x);
    case FunctionKind::tanh:
      return Math::tanh(x);
    case FunctionKind::softplus:
      return softplus<Math>(x);
    case FunctionKind::softsign:
      return x / (std::fabs(x) + 1.0f);
    case FunctionKind::mish:
      return x * Math::tanh(softplus<Math>(x));
    case FunctionKind::elu:
      if (op.alpha == 1.0f) return elu<Math>(x);
      return x > 0.0f ? x : op.alpha * elu<Math>(x);
    case FunctionKind::selu:
      return x < 0.0f ? 1.7580993408473768599402175208123f * (Math::exp(x) - 1.0f)
                      : 1.0507009873554804934193349852946f * x;
    case FunctionKind::gelu:
      return (0.5f * x) * (1.0f + eigen_erf(x / 1.4142135623730951f));
    case FunctionKind::gelu_tanh:
      return gelu_tanh<Math>(x);
    case FunctionKind::leaky_relu:
      return x > 0.0f ? x : x * op.alpha;
    case FunctionKind::hard_sigmoid:
      return at_least(at_most(x * 0.2f + 0.5f, 1.0f), 0.0f);
    case FunctionKind::hard_sigmoid_6:
      return hard_sigmoid_6(x);
    case FunctionKind::hard_silu:
      return x * hard_sigmoid_6(x);
    case FunctionKind::round:
      return std::nearbyint(x);
    case FunctionKind::general_relu:
      return general_relu(op, x);
  }
  return x;
}

}  // namespace

void function(const ops::Function& op, const float* in, float* out, int64_t elements, Part part) {
  const bool body = part == Part::body;
  const auto compute = op.release == ops::TensorFlow::v2_14 ? (body ? apply<Body> : apply<End>)
                                                            : (body ? apply<Body221> : apply<End221>);
  for (int64_t i = 0; i < elements; ++i) out[i] = compute(op, in[i]);
}

}  // namespace tf_injector::detail::ref
