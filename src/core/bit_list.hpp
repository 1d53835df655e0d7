// Bits of a float32 as a list writes them: "0-31", "30,31", "0-22,31".
#pragma once

#include <optional>
#include <string_view>
#include <vector>

namespace tf_injector::detail {

// In the order of the text, from 0 to 31. Nothing: no such list.
[[nodiscard]] std::optional<std::vector<int>> parse_bit_list(std::string_view text);

}  // namespace tf_injector::detail
