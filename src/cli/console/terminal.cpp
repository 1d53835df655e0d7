#include "cli/console/terminal.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <charconv>

#include "core/environment.hpp"

namespace tf_injector::detail::cli {
namespace {

constexpr int kUsualColumns = 80;

bool is_utf8(const EnvironmentLookup& environment) {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    std::optional<std::string> value = environment(name);
    if (!value || value->empty()) continue;
    std::transform(value->begin(), value->end(), value->begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return value->find("utf-8") != std::string::npos || value->find("utf8") != std::string::npos;
  }
  return false;
}

int columns_of(int device_columns, const EnvironmentLookup& environment) {
  if (device_columns > 0) return device_columns;
  const std::string text = environment("COLUMNS").value_or("");
  int columns = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), columns);
  const bool valid = error == std::errc() && end == text.data() + text.size() && columns > 0;
  return valid ? columns : kUsualColumns;
}

Terminal terminal_of(int descriptor) {
  winsize size{};
  const bool is_terminal = isatty(descriptor) != 0;
  const bool known = is_terminal && ioctl(descriptor, TIOCGWINSZ, &size) == 0;
  return describe_terminal(is_terminal, known ? size.ws_col : 0, environment_variable);
}

}  // namespace

Terminal describe_terminal(bool is_terminal, int columns, const EnvironmentLookup& environment) {
  const std::string kind = environment("TERM").value_or("");
  Terminal terminal;
  terminal.interactive = is_terminal && !kind.empty() && kind != "dumb";
  terminal.columns = columns_of(columns, environment);
  terminal.color = terminal.interactive && environment("NO_COLOR").value_or("").empty();
  terminal.unicode = terminal.interactive && is_utf8(environment);
  return terminal;
}

std::string colored(const Terminal& terminal, Color color, const std::string& text) {
  if (!terminal.color) return text;
  const char* const code = color == Color::red ? "31" : color == Color::green ? "32" : "33";
  return std::string("\x1b[") + code + "m" + text + "\x1b[0m";
}

Terminal standard_error_terminal() { return terminal_of(STDERR_FILENO); }
Terminal standard_output_terminal() { return terminal_of(STDOUT_FILENO); }

}  // namespace tf_injector::detail::cli
