// Base64 read: standard alphabet, line breaks anywhere.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace tf_injector {

// Empty when `text` is none.
[[nodiscard]] std::optional<std::vector<uint8_t>> base64_bytes(std::string_view text);

}  // namespace tf_injector
