// How much memory the rows of a list's report take.
#pragma once

#include <cstdint>
#include <span>

#include "tf_injector/fault_table.hpp"

namespace tf_injector::detail {

struct RowBytes {
  uint64_t rows = 0;          // of all faults, in memory
  uint64_t reading = 0;       // while all of them are read from a report, beside the rows: its text
  uint64_t longest_text = 0;  // of one row
};
// `images`: the largest count of a row.
[[nodiscard]] RowBytes row_bytes(const FaultRows& faults, int64_t images);

}  // namespace tf_injector::detail
