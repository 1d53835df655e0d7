#include "cli/text/compare_text.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "cli/console/flag_names.hpp"
#include "cli/text/text_table.hpp"
#include "core/printable.hpp"

namespace tf_injector::detail::cli {
namespace {

constexpr size_t kShown = 5;  // faults that are in one file only, and mismatches

std::string source_line(const char* which, const std::string& source, int64_t faults,
                        std::optional<int64_t> images) {
  std::string line = fmt::format("{}: {}: {} faults", which, source, faults);
  if (images) line += fmt::format(" x {} images", *images);
  return line + "\n";
}

// "12.34 %", never "0.00 %" of something.
std::string share_text(double share) {
  if (share > 0 && share < 0.00005) return "<0.01 %";
  return fmt::format("{:.2f} %", 100 * share);
}

// "0-12, 15"
std::string ranges_text(const std::vector<int>& bits) {
  std::vector<std::string> ranges;
  for (size_t i = 0; i < bits.size();) {
    size_t last = i;
    while (last + 1 < bits.size() && bits[last + 1] == bits[last] + 1) ++last;
    ranges.push_back(last == i ? std::to_string(bits[i]) : fmt::format("{}-{}", bits[i], bits[last]));
    i = last + 1;
  }
  return fmt::format("{}", fmt::join(ranges, ", "));
}

std::string columns_table(const Comparison& found) {
  std::vector<std::vector<std::string>> rows;
  for (const ColumnComparison& column : found.columns) {
    rows.push_back({column.name, share_text(column.rate_a), share_text(column.rate_b),
                    std::to_string(column.equal), share_text(column.mean_difference),
                    share_text(column.largest_difference),
                    column.largest_fault ? std::to_string(*column.largest_fault) : ""});
  }
  std::string text = text_table({{"count", false},
                                 {"rate in A", true},
                                 {"rate in B", true},
                                 {"equal on", true},
                                 {"mean diff.", true},
                                 {"largest", true},
                                 {"at fault", true}},
                                rows);
  for (const ColumnComparison& column : found.columns)
    if (!column.bits.empty())
      text += fmt::format("{} differs on faults of the bits {}\n", column.name, ranges_text(column.bits));
  return text;
}

std::string golden_table(const Comparison& found) {
  const auto cell = [](std::optional<int64_t> count) { return count ? std::to_string(*count) : "-"; };
  std::vector<std::vector<std::string>> rows;
  for (const GoldenComparison& row : found.golden)
    rows.push_back({row.name, cell(row.counts.a), cell(row.counts.b), row.is_equal ? "" : "differs"});
  return text_table({{"golden run", false}, {"A", true}, {"B", true}, {"", false}}, rows);
}

// "9455", or "94.55 %" where the numbers of images differ.
std::string count_text(std::optional<int64_t> count, int64_t images, bool as_share) {
  if (!count) return "-";
  return as_share ? share_text(static_cast<double>(*count) / static_cast<double>(images))
                  : std::to_string(*count);
}

std::string rows_table(const Comparison& found) {
  std::vector<std::vector<std::string>> rows;
  for (const RowDifference& row : found.rows) {
    const CountPair& counts = row.counts[row.largest_column];
    rows.push_back({std::to_string(row.fault.id), printable(layers_text(row.fault)), indices_text(row.fault),
                    bits_text(row.fault), found.columns[row.largest_column].name,
                    count_text(counts.a, row.images_a, found.other_images),
                    count_text(counts.b, row.images_b, found.other_images),
                    share_text(row.largest_difference)});
  }
  return text_table({{"fault", true},
                     {"layer", false},
                     {"index", false},
                     {"bit", true},
                     {"count", false},
                     {"A", true},
                     {"B", true},
                     {"diff.", true}},
                    rows);
}

std::string only_line(const char* which, const std::vector<int64_t>& ids) {
  if (ids.empty()) return "";
  const std::vector<int64_t> first(ids.begin(),
                                   ids.begin() + static_cast<ptrdiff_t>(std::min(ids.size(), kShown)));
  return fmt::format("only in {}: {} ({}{})\n", which, ids.size(), fmt::join(first, ", "),
                     ids.size() > kShown ? ", ..." : "");
}

std::string fault_text(const Fault& fault) {
  return fmt::format("{} {} bit {}", printable(layers_text(fault)), indices_text(fault), bits_text(fault));
}

std::string mismatch_lines(const std::vector<FaultMismatch>& mismatches) {
  if (mismatches.empty()) return "";
  std::string text = fmt::format("the same number, another fault: {}\n", mismatches.size());
  for (size_t i = 0; i < std::min(mismatches.size(), kShown); ++i) {
    const FaultMismatch& mismatch = mismatches[i];
    text += fmt::format("  {}: {} in A, {} in B\n", mismatch.a.id, fault_text(mismatch.a),
                        fault_text(mismatch.b));
  }
  return mismatches.size() > kShown ? text + "  ...\n" : text;
}

}  // namespace

std::string comparison_text(const Comparison& found) {
  std::string text = source_line("A", found.a, found.faults_a, found.images_a) +
                     source_line("B", found.b, found.faults_b, found.images_b);
  for (const std::string& note : found.notes) text += "note: " + with_flags(note) + "\n";
  text += fmt::format("in both: {}\n", found.matched);
  text += only_line("A", found.only_a) + only_line("B", found.only_b) + mismatch_lines(found.mismatches);
  if (found.matched > 0 && !found.columns.empty()) text += "\n" + columns_table(found);
  if (!found.golden.empty()) text += "\n" + golden_table(found);
  if (!found.rows.empty()) {
    text += fmt::format("\n{} of {} faults differ{}\n", found.differing_rows, found.matched,
                        found.differing_rows > static_cast<int64_t>(found.rows.size()) ? "; the most:" : ":");
    text += rows_table(found);
  }
  return text + "\n" + found.verdict + "\n";
}

}  // namespace tf_injector::detail::cli
