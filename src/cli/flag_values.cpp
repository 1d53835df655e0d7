#include "cli/flag_values.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <limits>
#include <string_view>

#include "core/bit_list.hpp"
#include "core/nearest_name.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail::cli {
namespace {

[[noreturn]] void refuse(const std::string& flag, const std::string& expected, const std::string& found) {
  throw Error(ErrorKind::usage, fmt::format("{}: expected {}, found '{}'", flag, expected, found));
}

// The number at the start of `text`, which is moved behind it; false when there is none.
bool take_number(std::string_view& text, double& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || !std::isfinite(value)) return false;
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  return true;
}

// Factor of a unit: "", "B", "K", "KB", "KiB" and so on up to T; 0 for anything else.
double unit_factor(std::string_view unit) {
  constexpr std::string_view prefixes = "KMGT";
  if (unit.empty() || unit == "B") return 1;
  const char prefix = unit.front() == 'k' ? 'K' : unit.front();
  const size_t power = prefixes.find(prefix);
  if (power == std::string_view::npos) return 0;
  const std::string_view rest = unit.substr(1);
  if (rest.empty() || rest == "iB") return std::pow(1024.0, static_cast<double>(power + 1));
  return rest == "B" ? std::pow(1000.0, static_cast<double>(power + 1)) : 0;
}

// Whatever their case.
bool equal_letters(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return std::tolower(static_cast<unsigned char>(c)); };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [&](char x, char y) { return lower(x) == lower(y); });
}

}  // namespace

int64_t parse_integer(const std::string& flag, const std::string& text, int64_t least, int64_t most) {
  const char* begin = text.data();
  const char* const end = begin + text.size();
  if (text.size() > 1 && text[0] == '+' && text[1] != '-') ++begin;
  int64_t value = 0;
  const auto [stop, error] = std::from_chars(begin, end, value);
  const bool is_number = !text.empty() && stop == end && error != std::errc::invalid_argument;
  if (!is_number) refuse(flag, "an integer", text);
  if (error == std::errc::result_out_of_range || value < least || value > most) {
    if (error != std::errc::result_out_of_range && value < least) {
      refuse(flag, fmt::format("an integer of at least {}", least), text);
    }
    refuse(flag, fmt::format("an integer between {} and {}", least, most), text);
  }
  return value;
}

uint64_t parse_size(const std::string& flag, const std::string& text) {
  const std::string expected = "a size as 4G, 512M or 1.5G";
  std::string_view rest = text;
  double number = 0;
  if (!take_number(rest, number)) refuse(flag, expected, text);
  const double bytes = number * unit_factor(rest);
  // 2^60 bytes are more than any machine has, and still exact in what follows.
  if (!(bytes >= 1) || bytes > std::ldexp(1.0, 60)) refuse(flag, expected, text);
  return static_cast<uint64_t>(bytes);
}

std::array<float, 3> parse_triple(const std::string& flag, const std::string& text) {
  const std::string expected = "three numbers as 0.4914,0.4822,0.4465";
  std::array<float, 3> triple{};
  std::string_view rest = text;
  for (size_t i = 0; i < triple.size(); ++i) {
    while (!rest.empty() && rest.front() == ' ') rest.remove_prefix(1);
    double value = 0;
    if (!take_number(rest, value)) refuse(flag, expected, text);
    triple[i] = static_cast<float>(value);
    if (!std::isfinite(triple[i])) refuse(flag, expected, text);
    if (i + 1 == triple.size()) break;
    if (rest.empty() || rest.front() != ',') refuse(flag, expected, text);
    rest.remove_prefix(1);
  }
  if (!rest.empty()) refuse(flag, expected, text);
  return triple;
}

double parse_number(const std::string& flag, const std::string& text) {
  std::string_view rest = text;
  double value = 0;
  if (!take_number(rest, value) || !rest.empty()) refuse(flag, "a number as 0.01", text);
  return value;
}

std::vector<std::string> parse_names(const std::string& flag, const std::string& text) {
  std::vector<std::string> names;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find(',', begin), text.size());
    if (end == begin) refuse(flag, "names as A,B,C", text);
    names.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return names;
}

std::vector<int> parse_bits(const std::string& flag, const std::string& text) {
  const std::optional<std::vector<int>> bits = parse_bit_list(text);
  if (!bits) refuse(flag, "bits from 0 to 31 as 0-31 or 30,31", text);
  return *bits;
}

std::string parse_choice(const std::string& flag, const std::string& text,
                         const std::vector<std::string>& choices) {
  if (std::find(choices.begin(), choices.end(), text) != choices.end()) return text;
  std::string message =
      fmt::format("{}: expected one of {}, found '{}'", flag, fmt::join(choices, ", "), text);
  const auto same_letters = std::find_if(choices.begin(), choices.end(),
                                         [&](const std::string& c) { return equal_letters(c, text); });
  const std::string nearest = same_letters != choices.end() ? *same_letters : nearest_name(text, choices);
  if (!nearest.empty()) message += fmt::format(" (did you mean '{}'?)", nearest);
  throw Error(ErrorKind::usage, message);
}

}  // namespace tf_injector::detail::cli
