#include "report/group_summary.hpp"

#include <optional>

#include "tf_injector/bit_groups.hpp"

namespace tf_injector::detail {

GroupSummary::GroupSummary(StorageFormat storage, std::span<const ReportRow> rows)
    : storage_(storage), fields_(bit_groups(storage).size()) {
  for (const BitGroup& group : bit_groups(storage)) groups_.push_back({.name = bit_group_label(group)});
  for (const ReportRow& row : rows) add(row.fault, row.tally);
}

void GroupSummary::add(const Fault& fault, const Tally& tally) {
  if (fault.parts.empty()) static_cast<void>(flipped_bit(fault));  // throws
  const std::optional<int> bit = single_bit(fault);
  if (!bit && groups_.size() == fields_) groups_.push_back({.name = "other faults"});
  BitGroupSummary& group = bit ? groups_[bit_group_of(*bit, storage_)] : groups_.back();
  ++group.faults;
  group.images += tally.images;
  group.masked += tally.masked;
  group.non_critical += tally.non_critical();
  group.critical += tally.critical();
}

int64_t GroupSummary::critical() const noexcept {
  int64_t critical = 0;
  for (const BitGroupSummary& group : groups_) critical += group.critical;
  return critical;
}

}  // namespace tf_injector::detail
