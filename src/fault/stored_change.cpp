#include "fault/stored_change.hpp"

#include "core/bits.hpp"
#include "graph/storage.hpp"

namespace tf_injector::detail {
namespace {

uint32_t code_of(const SetValue& value, const Weight& weight, size_t element) noexcept {
  return value.width == storage_bits(weight.storage) ? value.bits : encoded(weight, element, value.bits);
}

}  // namespace

bool can_set(const SetValue& value, bool is_bits, StorageFormat format) noexcept {
  if (is_bits) return value.width == storage_bits(format);
  return format != StorageFormat::int8 || !is_nan(bits_float(value.bits));
}

SetValue stored_value(const SetValue& value, const Weight& weight, size_t element) noexcept {
  const uint32_t code = code_of(value, weight, element), number = decoded(weight, element, code);
  const bool is_read_back = value_bits(value_text(number)) == number && !value_text(number).starts_with("0x");
  if (is_read_back && encoded(weight, element, number) == code) return {.bits = number};
  return {.bits = code, .width = storage_bits(weight.storage)};
}

void apply(const Change& change, const Weight& weight, Patch& patch) noexcept {
  const auto element = static_cast<size_t>(patch.element);
  patch.old_bits = float_bits(weight.values[element]);
  const auto* set = std::get_if<SetValue>(&change);
  const uint32_t code =
      set != nullptr ? code_of(*set, weight, element) : changed_bits(change, stored_code(weight, element));
  patch.new_bits = decoded(weight, element, code);
}

void flip(int bit, const Weight& weight, Patch& patch) noexcept {
  const auto element = static_cast<size_t>(patch.element);
  patch.old_bits = float_bits(weight.values[element]);
  patch.new_bits = decoded(weight, element, stored_code(weight, element) ^ uint32_t{1} << bit);
}

}  // namespace tf_injector::detail
