// Parses the numbers of a fault: whole numbers and Python tuples of them. Nothing throws; problems are
// returned as text.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tf_injector::detail {

struct ParsedNumber {
  int64_t value = 0;       // the nearest int64_t if the number does not fit
  bool saturated = false;  // the number does not fit
};

// `text` without spaces and tabs at its ends.
[[nodiscard]] std::string_view trimmed(std::string_view text);

// "12", "-3", with spaces around it; no plus sign, no fraction. Nothing if `text` is no whole number.
[[nodiscard]] std::optional<ParsedNumber> parse_whole_number(std::string_view text);

struct ParsedIndex {
  std::vector<int64_t> values;            // the nearest int64_t for numbers that do not fit
  std::vector<std::string_view> written;  // the numbers as written in the text
  std::string problem;                    // "" if the text is a tuple; else "a number with a fraction", ...
};

// The same, and numbers as NumPy 2 prints them in tuples and lists: "np.int64(12)", "numpy.uint8(3)".
[[nodiscard]] std::optional<ParsedNumber> parse_listed_number(std::string_view text);

// Parses bits as extended lists have them: numbers and ranges with spaces between them, "30 29", "0 3 8-15".
// Appends them to `bits` in their order. "" or what is wrong: "Bit out of range", ...
[[nodiscard]] std::string parse_bits(std::string_view text, std::vector<int>& bits);

// Parses a Python tuple or list of whole numbers: "(2, 1, 0, 7)", "(3,)", "()", "(1,2,)", "[2, 1, 0, 7]".
// Spaces and tabs are ignored; numbers are those of parse_listed_number. `index` is overwritten, and its
// memory reused.
void parse_index(std::string_view text, ParsedIndex& index);

}  // namespace tf_injector::detail
