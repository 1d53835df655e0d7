#include "cli/config_file.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "core/utf8.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail::cli {
namespace {

constexpr size_t kMostConfigBytes = size_t{1} << 20;

[[noreturn]] void refuse_config(const std::string& path, const std::string& problem) {
  throw Error(ErrorKind::usage, fmt::format("--config {}: {}", path, problem));
}

std::string read_config_text(const std::string& path) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored))
    refuse_config(path, "expected a TOML file, found a folder");
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file) refuse_config(path, std::strerror(errno == 0 ? EIO : errno));
  std::string text(kMostConfigBytes + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad()) refuse_config(path, std::strerror(errno == 0 ? EIO : errno));
  text.resize(static_cast<size_t>(file.gcount()));
  if (text.size() > kMostConfigBytes) refuse_config(path, "more than 1 MiB: no file of flags");
  return text;
}

}  // namespace

std::vector<TomlEntry> read_config(const std::string& path) {
  try {
    return parse_toml(read_config_text(path));
  } catch (const TomlError& error) {
    throw Error(ErrorKind::usage, fmt::format("{}:{}", path, error.what()));
  }
}

std::string config_text(const Configuration& configuration) {
  std::string text;
  for (const GivenFlag& flag : configuration.flags) {
    std::vector<std::string> values;
    for (const std::string& value : flag.values) {
      if (!is_utf8(value)) {
        throw Error(ErrorKind::usage,
                    fmt::format("--print-config: the value of --{} is no UTF-8, which TOML is", flag.name));
      }
      values.push_back(toml_value(value));
    }
    if (values.empty()) values.emplace_back("true");
    text += values.size() == 1 ? fmt::format("{} = {}\n", flag.name, values.front())
                               : fmt::format("{} = [{}]\n", flag.name, fmt::join(values, ", "));
  }
  return text;
}

}  // namespace tf_injector::detail::cli
