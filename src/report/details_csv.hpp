// Writes the details of faults as CSV (lines end with CRLF), and reads them back.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tf_injector/fault_details.hpp"
#include "tf_injector/fault_table.hpp"

namespace tf_injector::detail {

// The lines of the file, each with its CRLF.
[[nodiscard]] std::string details_header();
[[nodiscard]] std::string details_row(int64_t id, const FaultDetails& details);

// The most bytes that the rows of these faults take, `images` being the largest count.
[[nodiscard]] uint64_t most_details_bytes(const FaultRows& faults, int64_t images);

// The shortest text that is read as the same float32; "nan", "inf", "-inf".
[[nodiscard]] std::string float_text(float value);

// Reads the file back, strictly: every line must have the bytes that the functions above write, and each
// inj_id must occur once. Throws Error(bad_input): "label:line:column: what; expected ...; found ...".
[[nodiscard]] std::vector<DetailsRow> parse_details(std::string_view text, const std::string& label);

}  // namespace tf_injector::detail
