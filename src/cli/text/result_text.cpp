#include "cli/text/result_text.hpp"

#include <fmt/format.h>

#include "cli/text/progress_text.hpp"
#include "cli/text/text_table.hpp"
#include "core/bytes_text.hpp"

namespace tf_injector::detail::cli {
namespace {

// "67830   67.83 %"
std::string share_text(int64_t count, int64_t total) {
  return fmt::format("{}  {:>8}", count, percent_text(count, total));
}

std::vector<std::string> group_row(const BitGroupSummary& group) {
  return {group.name,
          std::to_string(group.faults),
          std::to_string(group.images),
          share_text(group.masked, group.images),
          share_text(group.non_critical, group.images),
          share_text(group.critical, group.images)};
}

}  // namespace

std::string path_line(const char* what, const std::string& path) {
  return path.empty() ? "" : fmt::format("{}: {}\n", what, path);
}

std::string dry_run_text(const DryRun& plan) {
  std::string text = "dry run: nothing was written\n";
  text += fmt::format("faults: {}\n", plan.faults);
  if (!plan.shard.empty()) text += fmt::format("shard: {}\n", plan.shard);
  text += fmt::format("preprocessing: {}\n", plan.preprocessing);
  text += fmt::format("estimated time: {}\n", duration_text(plan.seconds));
  text += fmt::format("memory: at most {}\n", bytes_text(plan.memory_bytes));
  text += fmt::format("estimated disk: {}\n", bytes_text(plan.disk_bytes));
  for (const std::string& path : plan.would_write) text += path_line("would write", path);
  return text;
}

std::string golden_text(const Tally& golden) {
  return fmt::format("GOLD stats:\nimages: {}\ntop 1 accuracy: {}\ntop 5 accuracy: {}\n", golden.images,
                     golden.top_1_correct, golden.top_5_correct);
}

std::string percent_text(int64_t count, int64_t total) {
  if (total <= 0) return "-";
  const double percent = 100.0 * static_cast<double>(count) / static_cast<double>(total);
  if (count > 0 && percent < 0.005) return "<0.01 %";
  if (count < total && percent >= 99.995) return ">99.99 %";
  return fmt::format("{:.2f} %", percent);
}

std::string groups_text(const std::vector<BitGroupSummary>& groups) {
  const std::vector<Column> columns = {{"bit group", false}, {"faults", true},       {"inferences", true},
                                       {"masked", true},     {"non-critical", true}, {"critical", true}};
  std::vector<std::vector<std::string>> rows;
  BitGroupSummary total;
  total.name = "total";
  for (const BitGroupSummary& group : groups) {
    rows.push_back(group_row(group));
    total.faults += group.faults;
    total.images += group.images;
    total.masked += group.masked;
    total.non_critical += group.non_critical;
    total.critical += group.critical;
  }
  rows.emplace_back();
  rows.push_back(group_row(total));
  return text_table(columns, rows);
}

}  // namespace tf_injector::detail::cli
