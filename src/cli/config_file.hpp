// The file of -c: flags of a sub-command by their long names, in TOML.
#pragma once

#include <string>
#include <vector>

#include "core/toml.hpp"
#include "tf_injector/report.hpp"

namespace tf_injector::detail::cli {

// Throws Error(usage), in one line with the place: it cannot be read, is no TOML, or is more than 1 MiB.
[[nodiscard]] std::vector<TomlEntry> read_config(const std::string& path);
// Such a file with these flags. Throws Error(usage): a value is no UTF-8.
[[nodiscard]] std::string config_text(const Configuration& configuration);

}  // namespace tf_injector::detail::cli
