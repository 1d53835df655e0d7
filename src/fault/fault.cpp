#include "tf_injector/fault.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <utility>

#include "core/bits.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector {

using namespace detail;
namespace {

constexpr std::array<std::string_view, 9> kTensorNames = {
    "kernel",           "bias",  "gamma", "beta", "moving_mean", "moving_variance", "depthwise_kernel",
    "pointwise_kernel", "output"};

uint32_t mask_of(const std::vector<int>& bits) noexcept {
  uint32_t mask = 0;
  for (const int bit : bits)
    if (bit >= 0 && bit < 32) mask |= uint32_t{1} << bit;
  return mask;
}

constexpr int kFloatWidth = 32, kDigitBits = 4, kHexStart = 2;

bool is_hex(std::string_view text) noexcept { return text.starts_with("0x") || text.starts_with("0X"); }

// Of "0x" and at most eight digits.
std::optional<uint32_t> hex_bits(std::string_view text) noexcept {
  uint32_t bits = 0;
  if (!is_hex(text)) return std::nullopt;
  const auto [end, error] = std::from_chars(text.data() + kHexStart, text.data() + text.size(), bits, 16);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return bits;
}

// What `of` says of each part, joined.
template <typename Of>
std::string joined_parts(const Fault& fault, const Of& of) {
  std::string text;
  for (size_t i = 0; i < fault.parts.size(); ++i) {
    if (i > 0) text += " + ";
    text += of(fault.parts[i]);
  }
  return text;
}

}  // namespace

std::string_view tensor_name(Tensor tensor) noexcept { return kTensorNames.at(static_cast<size_t>(tensor)); }

std::optional<Tensor> tensor_named(std::string_view name) noexcept {
  const auto found = std::find(kTensorNames.begin(), kTensorNames.end(), name);
  if (found == kTensorNames.end()) return std::nullopt;
  return static_cast<Tensor>(found - kTensorNames.begin());
}

uint32_t changed_bits(const Change& change, uint32_t bits) noexcept {
  if (const auto* flip = std::get_if<BitFlip>(&change)) return bits ^ mask_of(flip->bits);
  if (const auto* set = std::get_if<SetValue>(&change)) return set->bits;
  const StuckAt& stuck = *std::get_if<StuckAt>(&change);
  return stuck.value != 0 ? bits | mask_of(stuck.bits) : bits & ~mask_of(stuck.bits);
}

std::string_view model_name(const Change& change) noexcept {
  if (std::holds_alternative<BitFlip>(change)) return "flip";
  if (std::holds_alternative<SetValue>(change)) return "set";
  return std::get_if<StuckAt>(&change)->value != 0 ? "stuck1" : "stuck0";
}

Fault bit_flip(int64_t id, std::string layer, std::vector<int64_t> index, int bit) {
  FaultPart part{.layer = std::move(layer), .index = std::move(index), .change = BitFlip{{bit}}};
  Fault fault{.id = id, .parts = {}, .image = std::nullopt};
  fault.parts.push_back(std::move(part));
  return fault;
}

std::optional<int> single_bit(const Fault& fault) noexcept {
  if (fault.parts.size() != 1) return std::nullopt;
  const auto* flip = std::get_if<BitFlip>(&fault.parts.front().change);
  if (flip == nullptr || flip->bits.size() != 1) return std::nullopt;
  return flip->bits.front();
}

int flipped_bit(const Fault& fault) {
  if (const std::optional<int> bit = single_bit(fault)) return *bit;
  if (fault.parts.empty()) throw Error(ErrorKind::usage, fmt::format("fault {}: has no part", fault.id));
  throw Error(ErrorKind::usage,
              fmt::format("fault {}: expected one part that inverts one bit, found another fault", fault.id));
}

bool is_plain(const Fault& fault) noexcept {
  return single_bit(fault) && fault.parts.front().tensor == Tensor::kernel && !fault.image;
}

std::string layers_text(const Fault& fault) {
  return joined_parts(fault, [](const FaultPart& part) { return part.layer; });
}

std::string indices_text(const Fault& fault) {
  return joined_parts(fault, [](const FaultPart& part) { return format_index(part.index); });
}

std::string bits_text(const Change& change) {
  if (const auto* set = std::get_if<SetValue>(&change)) return set_text(*set);
  const auto* flip = std::get_if<BitFlip>(&change);
  std::string text;
  for (const int bit : flip != nullptr ? flip->bits : std::get_if<StuckAt>(&change)->bits) {
    if (!text.empty()) text += ' ';
    text += std::to_string(bit);
  }
  return text;
}

std::string bits_text(const Fault& fault) {
  return joined_parts(fault, [](const FaultPart& part) { return bits_text(part.change); });
}

bool is_printed_alike(const Fault& a, const Fault& b) {
  return a.id == b.id && a.parts.size() == b.parts.size() &&
         std::equal(a.parts.begin(), a.parts.end(), b.parts.begin(),
                    [](const FaultPart& of_a, const FaultPart& of_b) {
                      return of_a.layer == of_b.layer && of_a.index == of_b.index &&
                             bits_text(of_a.change) == bits_text(of_b.change);
                    });
}

std::string set_text(const SetValue& set) {
  return set.width == kFloatWidth ? value_text(set.bits)
                                  : fmt::format("0x{:0{}x}", set.bits, set.width / kDigitBits);
}

std::optional<SetValue> set_named(std::string_view text) noexcept {
  for (const int width : {16, 8}) {
    if (text.size() != static_cast<size_t>(kHexStart + width / kDigitBits)) continue;
    if (const std::optional<uint32_t> bits = hex_bits(text)) return SetValue{*bits, width};
  }
  const std::optional<uint32_t> bits = value_bits(text);
  return bits ? std::optional(SetValue{*bits}) : std::nullopt;
}

std::string value_text(uint32_t bits) {
  constexpr uint32_t kUsualNan = 0x7fc00000;
  const float value = bits_float(bits);
  if (bits == kUsualNan) return "nan";
  std::string text = std::isnan(value) ? "" : fmt::format("{}", value);
  if (text.find_first_not_of("-0123456789") == std::string::npos && !text.empty()) text += ".0";
  return value_bits(text) == bits ? text : fmt::format("0x{:08x}", bits);
}

std::optional<uint32_t> value_bits(std::string_view text) noexcept {
  if (is_hex(text))
    return text.size() == kHexStart + kFloatWidth / kDigitBits ? hex_bits(text) : std::nullopt;
  if (text == "nan") return 0x7fc00000;
  if (text == "inf") return 0x7f800000;
  if (text == "-inf") return 0xff800000;
  if (text.find_first_not_of("-+.eE0123456789") != std::string_view::npos) return std::nullopt;
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  const auto rounded = static_cast<float>(value);
  if (std::isinf(rounded)) return std::nullopt;
  return float_bits(rounded);
}

std::string format_index(const std::vector<int64_t>& index) {
  std::string text = "(";
  for (size_t axis = 0; axis < index.size(); ++axis) {
    if (axis > 0) text += ", ";
    text += std::to_string(index[axis]);
  }
  text += index.size() == 1 ? ",)" : ")";
  return text;
}

}  // namespace tf_injector
