// Base64 in the standard alphabet, with padding.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tf_injector::detail {

// The decoded bytes; line breaks may stand anywhere. Nothing if `text` is not base64.
[[nodiscard]] std::optional<std::vector<uint8_t>> base64_bytes(std::string_view text);
// Of any bytes, without line breaks.
[[nodiscard]] std::string base64_text(std::span<const uint8_t> bytes);

}  // namespace tf_injector::detail
