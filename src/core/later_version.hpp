// What is said of a file that a later version of the program wrote.
#pragma once

#include <cstdint>
#include <string>

namespace tf_injector::detail {

// "written by a later version of tf_injector (1.2.0, schema 3; this is 0.1.0, which knows schemas up to 2):
// use it with that version or a later one". `writer`: the version, "" if the file does not say it.
[[nodiscard]] std::string later_version(const std::string& writer, int64_t schema, int known);

}  // namespace tf_injector::detail
