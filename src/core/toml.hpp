// Reads the part of TOML that a list of settings needs: keys with strings, numbers, booleans, and lists of
// them.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace tf_injector::detail {

struct TomlValue {
  enum class Kind { text, number, boolean };
  Kind kind = Kind::text;
  std::string text;  // of a string what it means, of a number its digits as they stand there, "true", "false"
};

struct TomlEntry {
  std::string key;
  int line = 0;  // from 1
  bool is_list = false;
  std::vector<TomlValue> values;  // one, unless it is a list
};

class TomlError : public std::runtime_error {
 public:
  TomlError(int line, int column, const std::string& problem);
};

// The entries of a file, in their order; no key stands twice. Throws TomlError, "LINE:COLUMN: problem": no
// TOML, or what is not read here: tables, dotted keys, dates, texts of several lines, lists of lists.
[[nodiscard]] std::vector<TomlEntry> parse_toml(std::string_view text);

// A value as TOML writes it, on one line: an integer as it is, any other text, which is UTF-8, in quotes.
[[nodiscard]] std::string toml_value(std::string_view text);

}  // namespace tf_injector::detail
