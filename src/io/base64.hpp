// Decodes base64 in the standard alphabet; line breaks may stand anywhere.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace tf_injector::detail {

// The decoded bytes; nothing if `text` is not base64.
[[nodiscard]] std::optional<std::vector<uint8_t>> base64_bytes(std::string_view text);

}  // namespace tf_injector::detail
