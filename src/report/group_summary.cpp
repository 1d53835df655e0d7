#include "report/group_summary.hpp"

#include "tf_injector/bit_groups.hpp"

namespace tf_injector::detail {

GroupSummary::GroupSummary(std::span<const ReportRow> rows) {
  for (const BitGroup& group : kBitGroups) groups_.push_back({.name = bit_group_label(group)});
  for (const ReportRow& row : rows) add(flipped_bit(row.fault), row.tally);
}

void GroupSummary::add(int bit, const Tally& tally) {
  BitGroupSummary& group = groups_[bit_group_of(bit)];
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
