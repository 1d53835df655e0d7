// The library names options as its API does; people who type commands read flags.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace tf_injector::detail::cli {

// The options that are flags of the program: "batch_size" for --batch-size.
[[nodiscard]] std::span<const std::string_view> options_with_flags() noexcept;

// The text with every option that stands in backquotes as its flag: "`batch_size` is 0" -> "--batch-size is
// 0". What is no flag of the program is left as it is.
[[nodiscard]] std::string with_flags(std::string_view text);

}  // namespace tf_injector::detail::cli
