// MD5 of a file (OpenSSL): only for comparing with sums that others published, never as our own.
#pragma once

#include <string>

namespace tf_injector {

// 32 lower-case hex digits. Throws Error(bad_input) when the file cannot be read.
[[nodiscard]] std::string md5_of_file(const std::string& path);

}  // namespace tf_injector
