// Reading the numbers of a fault: whole numbers and Python tuples of them. Never throws; what is wrong comes
// back as text.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tf_injector {

// A whole number as it was written; one that int64_t does not hold is kept as a saturated value.
struct ParsedNumber {
  int64_t value = 0;
  bool saturated = false;  // the text means a number beyond int64_t
};

// "12", "-3", spaces around it allowed; no plus sign, no fraction. Empty when `text` is no whole number.
[[nodiscard]] std::optional<ParsedNumber> parse_whole_number(std::string_view text);

struct ParsedIndex {
  std::vector<int64_t> values;            // saturated where a number is beyond int64_t
  std::vector<std::string_view> written;  // the numbers as they stand in the text
  std::string problem;  // "" when the text is a tuple; else what is wrong: "a number with a fraction"
};

// The same, also as NumPy 2 shows its integers in tuples and lists: "np.int64(12)", "numpy.uint8(3)".
[[nodiscard]] std::optional<ParsedNumber> parse_listed_number(std::string_view text);

// "(2, 1, 0, 7)", "(3,)", "()", "(1,2,)": a Python tuple of whole numbers, or a list, "[2, 1, 0, 7]"; spaces
// and tabs free, numbers as in parse_listed_number. `index` is reused storage.
void parse_index(std::string_view text, ParsedIndex& index);

}  // namespace tf_injector
