// The known name that a mistyped name most likely means.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tf_injector::detail {

// The entry of `known` with the least edit distance (Levenshtein) to `name`, the first of several. Returns ""
// if more than a third of the letters (at least one) would have to change.
[[nodiscard]] std::string nearest_name(std::string_view name, const std::vector<std::string>& known);

}  // namespace tf_injector::detail
