// Sizes of memory and files as text for messages.
#pragma once

#include <cstdint>
#include <string>

namespace tf_injector::detail {

// "6.6 GB", "812 bytes": decimal units.
[[nodiscard]] std::string bytes_text(uint64_t bytes);

}  // namespace tf_injector::detail
