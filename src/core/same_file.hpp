// Whether two paths name one file.
#pragma once

#include <string>

namespace tf_injector::detail {

// Through links too, and of files that are not there yet.
[[nodiscard]] bool is_same_file(const std::string& a, const std::string& b);

}  // namespace tf_injector::detail
