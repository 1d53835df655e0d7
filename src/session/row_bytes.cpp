#include "session/row_bytes.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/block_bytes.hpp"
#include "fault/fault_bytes.hpp"
#include "io/csv.hpp"
#include "tf_injector/report.hpp"
#include "tf_injector/tally.hpp"

namespace tf_injector::detail {
namespace {

// An entry of the table that finds a number that stands twice: a node and its share of the buckets.
constexpr uint64_t kNumberBytes = block_bytes(4 * sizeof(int64_t)) + 3 * sizeof(void*);
// Header and golden row.
constexpr uint64_t kHeadBytes = 1024;

}  // namespace

RowBytes row_bytes(std::span<const Fault> faults, int64_t images) {
  const size_t counts = tally_columns().size() * (1 + std::to_string(images).size());
  RowBytes bytes{.rows = block_bytes(faults.size() * sizeof(ReportRow)), .reading = kHeadBytes};
  for (const Fault& fault : faults) {
    bytes.rows += owned_bytes(fault);
    const FaultPart& part = fault.parts.front();
    const uint64_t text = fmt::formatted_size("{},,{},\r\n", fault.id, flipped_bit(fault)) +
                          csv_field(part.layer).size() + csv_field(format_index(part.index)).size() + counts;
    bytes.reading += text + kNumberBytes;
    bytes.longest_text = std::max(bytes.longest_text, text);
  }
  return bytes;
}

}  // namespace tf_injector::detail
