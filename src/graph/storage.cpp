#include "graph/storage.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "core/bits.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail {
namespace {

constexpr uint32_t kMagnitudeBits = 0x7fffffff, kInfinityBits = 0x7f800000;
constexpr float kLargestInt8 = 127;

// Without the lowest bits, rounded to the nearest, half to even.
uint32_t without_bits(uint32_t number, uint32_t bits) noexcept {
  const uint32_t rest = number & ((uint32_t{1} << bits) - 1), half = uint32_t{1} << (bits - 1);
  const uint32_t whole = number >> bits;
  return whole + (rest > half || (rest == half && (whole & 1) != 0) ? 1 : 0);
}

uint32_t bfloat16_of(uint32_t bits) noexcept {
  constexpr uint32_t kQuiet = 0x40;
  if ((bits & kMagnitudeBits) > kInfinityBits) return bits >> 16 | kQuiet;
  return without_bits(bits, 16);  // that carries into the exponent, at last to Inf
}

uint32_t float16_of(uint32_t bits) noexcept {
  constexpr uint32_t kHalfInfinity = 0x7c00, kQuiet = 0x200, kPayload = 0x3ff;
  constexpr uint32_t kTooLarge = 0x47800000;        // 2^16
  constexpr uint32_t kSmallestNormal = 0x38800000;  // 2^-14
  constexpr uint32_t kBias = uint32_t{127 - 15} << 23;
  const uint32_t sign = bits >> 16 & 0x8000, rest = bits & kMagnitudeBits;
  if (rest > kInfinityBits) return sign | kHalfInfinity | kQuiet | (rest >> 13 & kPayload);
  if (rest >= kTooLarge) return sign | kHalfInfinity;
  if (rest >= kSmallestNormal) return sign | without_bits(rest - kBias, 13);
  // A whole number of 2^-24; nothing of what is below 2^-25.
  const uint32_t exponent = rest >> 23;
  constexpr uint32_t kLeastExponent = 127 - 25, kHidden = 1 << 23;
  if (exponent < kLeastExponent) return sign;
  return sign | without_bits((rest & (kHidden - 1)) | kHidden, 126 - exponent);
}

uint32_t float32_of_half(uint32_t code) noexcept {
  const uint32_t sign = (code & 0x8000) << 16, exponent = code >> 10 & 0x1f, mantissa = code & 0x3ff;
  if (exponent == 0x1f) return sign | kInfinityBits | mantissa << 13;
  if (exponent > 0) return sign | (exponent + 127 - 15) << 23 | mantissa << 13;
  constexpr float kUnit = 0x1p-24F;
  return sign | float_bits(static_cast<float>(mantissa) * kUnit);
}

uint32_t int8_of(float value, float scale) noexcept {
  if (is_nan(value)) return 0;
  const float code = std::clamp(std::nearbyint(value / scale), -kLargestInt8, kLargestInt8);
  return static_cast<uint32_t>(static_cast<int32_t>(code)) & 0xff;
}

uint32_t float32_of_int8(uint32_t code, float scale) noexcept {
  const auto number = static_cast<int32_t>(code) - (code > 127 ? 256 : 0);
  return float_bits(static_cast<float>(number) * scale);
}

float scale_of(const Weight& weight, size_t element) noexcept {
  return weight.scales.empty() ? 1.0F : weight.scales[element % weight.scales.size()];
}

// Of a kernel: the product of its last axes.
size_t channels_of(const Op& op, const Shape& kernel) {
  const int64_t last = kernel.back();
  return static_cast<size_t>(
      std::holds_alternative<ops::DepthwiseConv2D>(op) ? kernel[kernel.rank() - 2] * last : last);
}

std::string layer_of(const Weight& weight) { return weight.name.substr(0, weight.name.rfind('/')); }

void store_int8(Weight& weight, size_t channels) {
  const auto odd =
      std::find_if(weight.values.begin(), weight.values.end(), [](float value) { return !is_finite(value); });
  if (odd != weight.values.end()) {
    throw ModelError(
        fmt::format("layer '{}': its kernel holds {}, so that int8 has no scale for it; expected "
                    "finite weights",
                    layer_of(weight), is_nan(*odd) ? "NaN" : "Inf"));
  }
  weight.scales = int8_scales(weight.values, channels);
}

// How many became infinite.
int64_t store(Weight& weight, StorageFormat format) {
  weight.storage = format;
  int64_t infinite = 0;
  for (size_t i = 0; i < weight.values.size(); ++i) {
    const float before = weight.values[i];
    weight.values[i] = bits_float(decoded(weight, i, encoded(weight, i, float_bits(before))));
    infinite += is_finite(before) && !is_finite(weight.values[i]) ? 1 : 0;
  }
  return infinite;
}

}  // namespace

uint32_t encoded(StorageFormat format, uint32_t float32_bits, float scale) noexcept {
  switch (format) {
    case StorageFormat::float32:
      break;
    case StorageFormat::bfloat16:
      return bfloat16_of(float32_bits);
    case StorageFormat::float16:
      return float16_of(float32_bits);
    case StorageFormat::int8:
      return int8_of(bits_float(float32_bits), scale);
  }
  return float32_bits;
}

uint32_t decoded(StorageFormat format, uint32_t code, float scale) noexcept {
  switch (format) {
    case StorageFormat::float32:
      break;
    case StorageFormat::bfloat16:
      return code << 16;
    case StorageFormat::float16:
      return float32_of_half(code);
    case StorageFormat::int8:
      return float32_of_int8(code, scale);
  }
  return code;
}

std::vector<float> int8_scales(std::span<const float> values, size_t channels) {
  std::vector<float> scales(channels);
  for (size_t i = 0; i < values.size(); ++i)
    scales[i % channels] = std::max(scales[i % channels], std::fabs(values[i]));
  for (float& scale : scales) {
    scale /= kLargestInt8;
    if (scale == 0) scale = 1;
  }
  return scales;
}

uint32_t encoded(const Weight& weight, size_t element, uint32_t float32_bits) noexcept {
  return encoded(weight.storage, float32_bits, scale_of(weight, element));
}

uint32_t decoded(const Weight& weight, size_t element, uint32_t code) noexcept {
  return decoded(weight.storage, code, scale_of(weight, element));
}

uint32_t stored_code(const Weight& weight, size_t element) noexcept {
  return encoded(weight, element, float_bits(weight.values[element]));
}

int64_t store_weights(Graph& graph, StorageFormat format) {
  graph.storage = format;
  if (format == StorageFormat::float32) return 0;
  int64_t infinite = 0;
  for (size_t id = 0; id < graph.weights.size(); ++id) {
    Weight& weight = graph.weights[id];
    const auto weight_id = static_cast<WeightId>(id);
    const auto user = std::find_if(graph.nodes.begin(), graph.nodes.end(),
                                   [&](const Node& node) { return holds(node.op, weight_id); });
    if (user == graph.nodes.end()) continue;
    if (format == StorageFormat::int8) {
      if (kernel_of(user->op) != weight_id) continue;
      store_int8(weight, channels_of(user->op, weight.shape));
    }
    infinite += store(weight, format);
  }
  return infinite;
}

}  // namespace tf_injector::detail

namespace tf_injector {

const char* storage_name(StorageFormat format) noexcept {
  switch (format) {
    case StorageFormat::float32:
      return "float32";
    case StorageFormat::bfloat16:
      return "bfloat16";
    case StorageFormat::float16:
      return "float16";
    case StorageFormat::int8:
      return "int8";
  }
  return "?";
}

std::optional<StorageFormat> storage_named(std::string_view name) noexcept {
  for (const StorageFormat format : kStorageFormats)
    if (name == storage_name(format)) return format;
  return std::nullopt;
}

}  // namespace tf_injector
