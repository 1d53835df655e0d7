#include "core/bit_list.hpp"

#include <charconv>
#include <cstddef>
#include <system_error>

namespace tf_injector::detail {
namespace {

std::optional<int> bit_number(std::string_view digits) {
  constexpr int kHighestBit = 31;
  int value = -1;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  const bool is_bit = !digits.empty() && digits[0] != '-' && error == std::errc() &&
                      end == digits.data() + digits.size() && value >= 0 && value <= kHighestBit;
  return is_bit ? std::optional(value) : std::nullopt;
}

}  // namespace

std::optional<std::vector<int>> parse_bit_list(std::string_view text) {
  std::vector<int> bits;
  for (;;) {
    const size_t comma = text.find(',');
    const std::string_view part = text.substr(0, comma);
    const size_t dash = part.find('-');
    const auto first = bit_number(part.substr(0, dash));
    const auto last = dash == std::string_view::npos ? first : bit_number(part.substr(dash + 1));
    if (!first || !last || *last < *first) return std::nullopt;
    for (int bit = *first; bit <= *last; ++bit) bits.push_back(bit);
    if (comma == std::string_view::npos) return bits;
    text.remove_prefix(comma + 1);
  }
}

}  // namespace tf_injector::detail
