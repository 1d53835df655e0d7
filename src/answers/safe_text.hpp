// Names from the user's files, made fit for pages, pictures and tables: whatever they hold stays text.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tf_injector::detail {

// Valid UTF-8 without control characters and without those that turn the direction of what follows: each of
// these, and each byte that is no UTF-8, becomes U+FFFD.
[[nodiscard]] std::string safe_text(std::string_view text);
// The same with & < > " ' as entities: for the content and the attributes of HTML and XML.
[[nodiscard]] std::string escaped(std::string_view text);
// safe_text in at most `longest` characters, the middle of longer ones left out, ellipsis in their place.
[[nodiscard]] std::string shortened(std::string_view text, size_t longest);
// Characters of valid UTF-8, wide ones (CJK, emoji) twice.
[[nodiscard]] size_t text_width(std::string_view text);

}  // namespace tf_injector::detail
