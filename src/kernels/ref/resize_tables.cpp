#include <algorithm>
#include <cmath>
#include <limits>

#include "core/elementary.hpp"
#include "kernels/ref/resize.hpp"

namespace tf_injector::detail::ref {
namespace {

using ops::ResizeMethod;

int64_t inside(int64_t i, int64_t in) { return std::clamp<int64_t>(i, 0, in - 1); }

float scale_of(int64_t in, int64_t out) { return static_cast<float>(in) / static_cast<float>(out); }

void add_tap(ResizeAxis& axis, int64_t source, float weight) {
  axis.source.push_back(source);
  axis.weight.push_back(weight);
}

// An axis, for which `taps(i)` appends the taps of output i.
template <class Taps>
ResizeAxis axis_of(int64_t out, Taps taps) {
  ResizeAxis axis;
  for (int64_t i = 0; i < out; ++i) {
    axis.begin.push_back(static_cast<int64_t>(axis.source.size()));
    taps(axis, i);
  }
  axis.begin.push_back(static_cast<int64_t>(axis.source.size()));
  return axis;
}

// The position of the centre of output i; 0 is the centre of the first input.
float place_of(int64_t i, float scale) { return (static_cast<float>(i) + 0.5f) * scale - 0.5f; }

ResizeAxis nearest(int64_t in, int64_t out) {
  const float scale = scale_of(in, out);
  return axis_of(out, [&](ResizeAxis& axis, int64_t i) {
    add_tap(axis, inside(static_cast<int64_t>(std::floor((static_cast<float>(i) + 0.5f) * scale)), in), 1.0f);
  });
}

ResizeAxis bilinear(int64_t in, int64_t out) {
  const float scale = scale_of(in, out);
  return axis_of(out, [&](ResizeAxis& axis, int64_t i) {
    const float place = place_of(i, scale), low = std::floor(place);
    add_tap(axis, std::max<int64_t>(static_cast<int64_t>(low), 0), 1.0f);
    add_tap(axis, std::min<int64_t>(static_cast<int64_t>(std::ceil(place)), in - 1), place - low);
  });
}

// Keys' cubic, from a table of 1,024 positions between two pixels. Taps outside of the image are dropped, and
// the other weights are scaled to a sum of one.
ResizeAxis bicubic(int64_t in, int64_t out) {
  constexpr int64_t kPlaces = 1024;
  constexpr double a = -0.5;
  const auto near = [&](int64_t i) {
    const double x = static_cast<float>(i) / static_cast<float>(kPlaces);
    return static_cast<float>(((a + 2) * x - (a + 3)) * x * x + 1);
  };
  const auto far = [&](int64_t i) {
    const double x = static_cast<float>(i) / static_cast<float>(kPlaces) + 1.0f;
    return static_cast<float>(((a * x - 5 * a) * x + 8 * a) * x - 4 * a);
  };
  const float scale = scale_of(in, out);
  return axis_of(out, [&](ResizeAxis& axis, int64_t i) {
    const float place = place_of(i, scale);
    const auto low = static_cast<int64_t>(std::floor(place));
    const int64_t between = std::lrint((place - static_cast<float>(low)) * static_cast<float>(kPlaces));
    float weights[4] = {far(between), near(between), near(kPlaces - between), far(kPlaces - between)};
    for (int64_t t = 0; t < 4; ++t) {
      if (inside(low - 1 + t, in) != low - 1 + t) weights[t] = 0.0f;
    }
    const float sum = weights[0] + weights[1] + weights[2] + weights[3];
    const float factor = std::fabs(sum) >= 1000.0f * std::numeric_limits<float>::min() ? 1.0f / sum : 1.0f;
    for (int64_t t = 0; t < 4; ++t) add_tap(axis, inside(low - 1 + t, in), weights[t] * factor);
  });
}

// The weight of an input is the part of it that the output covers.
ResizeAxis area(int64_t in, int64_t out) {
  const float scale = scale_of(in, out);
  return axis_of(out, [&](ResizeAxis& axis, int64_t i) {
    const float first = static_cast<float>(i) * scale, last = static_cast<float>(i + 1) * scale;
    for (auto s = static_cast<int64_t>(std::floor(first)); s < static_cast<int64_t>(std::ceil(last)); ++s) {
      const auto begin = static_cast<float>(s), end = static_cast<float>(s + 1);
      const float covered = begin < first ? (end > last ? scale : end - first)
                            : end > last  ? last - begin
                                          : 1.0f;
      add_tap(axis, inside(s, in), covered);
    }
  });
}

// The windows of ScaleAndTranslate: their radius, and the weight of a pixel by its distance.
struct ResizeWindow {
  float radius;
  float (*weight)(float distance);
};

// TensorFlow calls the C library's sinf, which is no correctly rounded one; glibc 2.31, 2.36 and 2.43
// have the same (docs/numerics.md, "The C library").
template <int Radius>
float lanczos(float x) {
  constexpr float kPi = 3.14159265359f, kRadius = Radius;
  if (x > kRadius) return 0.0f;
  if (x <= 1e-3) return 1.0f;
  return kRadius * std::sin(kPi * x) * std::sin(kPi * x / kRadius) / (kPi * kPi * x * x);
}

float gaussian(float x) {
  constexpr float kRadius = 1.5f, kSigma = kRadius / 3.0f;
  if (x >= kRadius) return 0.0f;
  return static_cast<float>(exp_of(static_cast<double>(-x * x) / (2.0 * kSigma * kSigma)));
}

float triangle(float x) { return x < 1.0f ? 1.0f - x : 0.0f; }

float keys_cubic(float x) {
  if (x >= 2.0f) return 0.0f;
  if (x >= 1.0f) return ((-0.5f * x + 2.5f) * x - 4.0f) * x + 2.0f;
  return ((1.5f * x - 2.5f) * x) * x + 1.0f;
}

float mitchell_cubic(float x) {
  if (x >= 2.0f) return 0.0f;
  if (x >= 1.0f) return (((-7.0f / 18.0f) * x + 2.0f) * x - 10.0f / 3.0f) * x + 16.0f / 9.0f;
  return (((7.0f / 6.0f) * x - 2.0f) * x) * x + 8.0f / 9.0f;
}

ResizeWindow window_of(ResizeMethod method) {
  switch (method) {
    case ResizeMethod::lanczos3:
      return {3.0f, lanczos<3>};
    case ResizeMethod::lanczos5:
      return {5.0f, lanczos<5>};
    case ResizeMethod::gaussian:
      return {1.5f, gaussian};
    case ResizeMethod::mitchellcubic:
      return {2.0f, mitchell_cubic};
    case ResizeMethod::bicubic:
      return {2.0f, keys_cubic};
    default:
      return {1.0f, triangle};
  }
}

ResizeAxis gathered(const ResizeWindow& window, bool antialias, int64_t in, int64_t out) {
  const float scale = static_cast<float>(out) / static_cast<float>(in);
  const auto inverse = static_cast<float>(1.0 / static_cast<double>(scale));
  const float larger = antialias ? std::max(inverse, 1.0f) : 1.0f, smaller = 1.0f / larger;
  const float reach = window.radius * larger;
  const int64_t most = std::min<int64_t>(2 * static_cast<int64_t>(std::ceil(reach)) + 1, in);
  return axis_of(out, [&](ResizeAxis& axis, int64_t i) {
    const float middle = (static_cast<float>(i) + 0.5f) * inverse;
    int64_t begin = 0;
    std::vector<float> weights;
    if (middle >= 0.0f && middle <= static_cast<float>(in)) {
      begin = inside(static_cast<int64_t>(std::ceil(middle - reach - 0.5f)), in);
      const int64_t end = inside(static_cast<int64_t>(std::floor(middle + reach - 0.5f)), in) + 1;
      float sum = 0.0f;
      for (int64_t s = begin; s < end; ++s) {
        const float distance = static_cast<float>(s) + 0.5f - middle;
        weights.push_back(window.weight(std::fabs(distance * smaller)));
        sum = sum + weights.back();
      }
      const bool is_zero = std::fabs(sum) < 1000.0f * std::numeric_limits<float>::min();
      for (float& w : weights) w = is_zero ? 0.0f : w * (1.0f / sum);
    }
    // TensorFlow pads every window with zero weights to the longest one, and multiplies these, too.
    for (int64_t t = 0; t < std::min(most, in - begin); ++t)
      add_tap(axis, begin + t,
              t < static_cast<int64_t>(weights.size()) ? weights[static_cast<size_t>(t)] : 0.0f);
  });
}

}  // namespace

ResizeTables resize_tables(const ops::Resize& op, const Shape& input) {
  const auto both = [&](ResizeTables::Sum sum, auto axis) {
    return ResizeTables{sum, axis(input[0], op.size[0]), axis(input[1], op.size[1]), 1.0f};
  };
  switch (op.method) {
    case ResizeMethod::nearest:
      return both(ResizeTables::Sum::copy, nearest);
    case ResizeMethod::bilinear:
      if (op.antialias) break;
      if (input[0] == op.size[0] && input[1] == op.size[1]) return both(ResizeTables::Sum::copy, nearest);
      return both(ResizeTables::Sum::lerp, bilinear);
    case ResizeMethod::bicubic:
      if (!op.antialias) return both(ResizeTables::Sum::direct, bicubic);
      break;
    case ResizeMethod::area: {
      ResizeTables tables = both(ResizeTables::Sum::area, area);
      const float covered = scale_of(input[0], op.size[0]) * scale_of(input[1], op.size[1]);
      tables.scale = static_cast<float>(1.0 / static_cast<double>(covered));
      return tables;
    }
    default:
      break;
  }
  return both(ResizeTables::Sum::gathered,
              [&](int64_t in, int64_t out) { return gathered(window_of(op.method), op.antialias, in, out); });
}

}  // namespace tf_injector::detail::ref
