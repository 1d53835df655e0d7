// The lines of a CSV file that must have certain bytes, and where a line differs from them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "answers/verify/difference_list.hpp"

namespace tf_injector::detail {

// The lines of a text without their CRLF. The text ends with one, or the rest is left out.
[[nodiscard]] std::vector<std::string_view> crlf_lines(std::string_view text);

// Adds a difference for each field that differs unless the line is `expected` (which may end in CRLF) or,
// with `only_beginning`, begins with it (which then ends in a comma). `number`: of the line, from 1. The
// header says how the columns are called. `whose`: " of fault 7".
void require_line(const std::string& file, int64_t number, std::string_view line, std::string_view expected,
                  bool only_beginning, const std::string& header, const std::string& whose,
                  DifferenceList& differences);

}  // namespace tf_injector::detail
