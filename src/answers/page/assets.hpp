// Style and script of the page, and what it may load: nothing else.
#pragma once

#include <string>
#include <string_view>

namespace tf_injector::detail {

[[nodiscard]] std::string page_style();
// `last_bit`: the highest of a stored weight, the first column of a heat map.
[[nodiscard]] std::string page_script(int last_bit);
// A Content-Security-Policy that forbids every request and every script and style but those with these texts.
[[nodiscard]] std::string content_security_policy(std::string_view style, std::string_view script);

}  // namespace tf_injector::detail
