#include "report/row_bytes.hpp"

#include <algorithm>

#include "core/block_bytes.hpp"
#include "fault/fault_bytes.hpp"
#include "report/csv_report.hpp"

namespace tf_injector::detail {
namespace {

// An entry of the table that finds a number that stands twice: a node and its share of the buckets.
constexpr uint64_t kNumberBytes = block_bytes(4 * sizeof(int64_t)) + 3 * sizeof(void*);
// Header and golden row.
constexpr uint64_t kHeadBytes = 1024;

}  // namespace

RowBytes row_bytes(const FaultRows& faults, int64_t images) {
  RowBytes bytes{.rows = block_bytes(faults.size() * sizeof(ReportRow)), .reading = kHeadBytes};
  for (const Fault fault : faults) {
    bytes.rows += owned_bytes(fault);
    const uint64_t text = most_row_bytes(fault, images);
    bytes.reading += text + kNumberBytes;
    bytes.longest_text = std::max(bytes.longest_text, text);
  }
  return bytes;
}

}  // namespace tf_injector::detail
