// What standard error and output are: a terminal or not, how wide, with colour or without.
#pragma once

#include <functional>
#include <optional>
#include <string>

namespace tf_injector::detail::cli {

struct Terminal {
  bool interactive = false;  // a terminal that understands \r
  int columns = 80;
  bool color = false;
  bool unicode = false;  // the locale is UTF-8
};

enum class Color { red, green, yellow };
// `text` in this colour where the terminal shows colours.
[[nodiscard]] std::string colored(const Terminal& terminal, Color color, const std::string& text);

using EnvironmentLookup = std::function<std::optional<std::string>(const std::string&)>;

// From facts: `is_terminal` and `columns` (0: unknown) of the device; TERM, NO_COLOR, COLUMNS, LC_ALL,
// LC_CTYPE, LANG of the environment.
[[nodiscard]] Terminal describe_terminal(bool is_terminal, int columns, const EnvironmentLookup& environment);

// As they are now.
[[nodiscard]] Terminal standard_error_terminal();
[[nodiscard]] Terminal standard_output_terminal();

}  // namespace tf_injector::detail::cli
