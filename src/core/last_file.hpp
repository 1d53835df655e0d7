// A file that is put in place where a signal ends the program without destructors.
#pragma once

#include <string>

namespace tf_injector::detail {

// What it is to hold from now on: `text` is written to `temporary`, which then takes the place of `path`.
// There is one such file in a process; an empty path: none any more.
void set_last_file(const std::string& temporary, const std::string& path, const std::string& text);

// Writes it. For a signal handler that ends the process: it takes no lock and no memory.
void write_last_file() noexcept;

}  // namespace tf_injector::detail
