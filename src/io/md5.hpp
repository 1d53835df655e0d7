// The MD5 sum of a file (OpenSSL), only to compare it with published sums.
#pragma once

#include <string>

namespace tf_injector::detail {

// 32 lower-case hex digits. Throws Error(bad_input) if the file cannot be read.
[[nodiscard]] std::string md5_of_file(const std::string& path);

}  // namespace tf_injector::detail
