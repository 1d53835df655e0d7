#include "fault/index_syntax.hpp"

#include <algorithm>
#include <charconv>
#include <limits>

namespace tf_injector::detail {

std::string_view trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// `digits`: an optional '-' and at least one digit.
ParsedNumber to_number(std::string_view digits) {
  ParsedNumber number;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number.value);
  if (error == std::errc::result_out_of_range) {
    number.saturated = true;
    number.value =
        digits.front() == '-' ? std::numeric_limits<int64_t>::min() : std::numeric_limits<int64_t>::max();
  }
  return number;
}

bool is_whole_number(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  return !text.empty() && std::all_of(text.begin(), text.end(), is_digit);
}

// "12" for "np.int64(12)"; text that is no NumPy integer is returned unchanged.
std::string_view without_type(std::string_view text) {
  constexpr std::string_view kInteger[] = {"int",    "uint", "byte",  "ubyte",    "short",
                                           "ushort", "long", "ulong", "longlong", "ulonglong"};
  const size_t prefix = text.starts_with("np.") ? 3 : text.starts_with("numpy.") ? 6 : 0;
  if (prefix == 0) return text;
  const size_t open = text.find('(');
  if (open == std::string_view::npos || !text.ends_with(')')) return text;
  std::string_view type = text.substr(prefix, open - prefix);
  // int8, intc, intp, int_; uint8, uintc, ...
  for (const std::string_view ending : {"8", "16", "32", "64", "c", "p", "_"}) {
    if ((type.starts_with("int") || type.starts_with("uint")) && type.ends_with(ending)) {
      type.remove_suffix(ending.size());
      break;
    }
  }
  if (std::find(std::begin(kInteger), std::end(kInteger), type) == std::end(kInteger)) return text;
  return trimmed(text.substr(open + 1, text.size() - open - 2));
}

// Reads up to 18 digits, which fit into an int64_t, and moves `at` behind them. Their number: 0 if there is
// none.
int read_digits(std::string_view text, size_t& at, int64_t& value) {
  constexpr int kMost = 18;
  int digits = 0;
  value = 0;
  for (; at < text.size() && is_digit(text[at]) && digits < kMost; ++at, ++digits)
    value = 10 * value + (text[at] - '0');
  return digits;
}

// The usual form, "(2, 1, 0, 7)". False for any other; then `index` means nothing.
bool parse_plain_tuple(std::string_view text, ParsedIndex& index) {
  if (!text.starts_with('(')) return false;
  for (size_t at = 1;;) {
    const size_t begin = at;
    int64_t value = 0;
    if (read_digits(text, at, value) == 0 || at == text.size()) return false;
    index.values.push_back(value);
    index.written.push_back(text.substr(begin, at - begin));
    if (text[at] == ')') return at + 1 == text.size() && index.values.size() > 1;
    if (text[at] != ',') return false;
    if (++at < text.size() && text[at] == ' ') ++at;
  }
}

// Why one element of a tuple is refused.
const char* element_problem(std::string_view element) {
  if (element.empty()) return "a number is missing";
  const size_t space = element.find_first_of(" \t");
  if (space != std::string_view::npos && is_whole_number(element.substr(0, space)))
    return "numbers without commas between them, as NumPy prints an array";
  if (element.starts_with("np.") || element.starts_with("numpy.")) return "a NumPy value that is no integer";
  if (element.find_first_of(".eE") != std::string_view::npos &&
      element.find_first_of("0123456789") != std::string_view::npos) {
    return "a number with a fraction or exponent";
  }
  return "something that is no whole number";
}

}  // namespace

std::optional<ParsedNumber> parse_whole_number(std::string_view text) {
  text = trimmed(text);
  if (!is_whole_number(text)) return std::nullopt;
  return to_number(text);
}

std::optional<ParsedNumber> parse_listed_number(std::string_view text) {
  ParsedNumber plain;
  size_t at = 0;
  if (read_digits(text, at, plain.value) > 0 && at == text.size()) return plain;
  return parse_whole_number(without_type(trimmed(text)));
}

std::string parse_bits(std::string_view text, std::vector<int>& bits) {
  uint32_t seen = 0;
  const auto add = [&](int64_t bit) -> std::string {
    if (bit < 0 || bit > 31) return "Bit out of range";
    const uint32_t mask = uint32_t{1} << bit;
    if ((seen & mask) != 0) return "a Bit stands twice";
    seen |= mask;
    bits.push_back(static_cast<int>(bit));
    return "";
  };
  const std::string kNone = "Bit is no list of bits";
  text = trimmed(text);
  if (const auto one = parse_listed_number(text)) return add(one->value);
  if (text.empty()) return kNone;
  for (std::string_view rest = text; !rest.empty();) {
    const size_t end = std::min(rest.find_first_of(" \t"), rest.size());
    const std::string_view item = rest.substr(0, end);
    rest = trimmed(rest.substr(end));
    const size_t dash = item.find('-', 1);
    const auto first = parse_whole_number(item.substr(0, dash));
    const auto last = dash == std::string_view::npos ? first : parse_whole_number(item.substr(dash + 1));
    if (!first || !last || last->value < first->value) return kNone;
    if (first->value < 0 || last->value > 31) return "Bit out of range";
    for (int64_t bit = first->value; bit <= last->value; ++bit)
      if (std::string problem = add(bit); !problem.empty()) return problem;
  }
  return "";
}

void parse_index(std::string_view text, ParsedIndex& index) {
  index.values.clear();
  index.written.clear();
  index.problem.clear();
  if (parse_plain_tuple(text, index)) return;
  index.values.clear();
  index.written.clear();
  text = trimmed(text);
  const bool is_list = text.starts_with('[');
  if (!is_list && !text.starts_with('(')) {
    const bool is_array = text.find("array(") != std::string_view::npos;
    index.problem = is_array ? "a NumPy array; tuple(index.tolist()) makes it one" : "no opening parenthesis";
    return;
  }
  if (!text.ends_with(is_list ? ']' : ')') || text.size() < 2) {
    index.problem = is_list ? "no closing bracket at the end" : "no closing parenthesis at the end";
    return;
  }
  std::string_view rest = trimmed(text.substr(1, text.size() - 2));
  bool comma = rest.empty() || is_list;  // "()" is a tuple, "(3)" is not
  while (!rest.empty()) {
    const size_t end = std::min(rest.find(','), rest.size());
    const std::string_view element = without_type(trimmed(rest.substr(0, end)));
    if (!is_whole_number(element)) {
      index.problem = element_problem(element);
      return;
    }
    index.values.push_back(to_number(element).value);
    index.written.push_back(element);
    if (end == rest.size()) break;
    comma = true;
    rest = trimmed(rest.substr(end + 1));  // may be empty: "(3,)"
  }
  if (!comma) index.problem = "one number in parentheses, which is no tuple without a comma";
}

}  // namespace tf_injector::detail
