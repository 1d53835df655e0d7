#include <algorithm>
#include <cstddef>
#include <iterator>
#include <utility>

#include "tf_injector/tally.hpp"

namespace tf_injector {
namespace {

constexpr TallyColumn kColumns[] = {
    {.name = "n_injections", .count = &Tally::images, .in_golden = true},
    {.name = "top_1_correct", .count = &Tally::top_1_correct, .in_golden = true},
    {.name = "top_5_correct", .count = &Tally::top_5_correct, .in_golden = true},
    {.name = "top_1_robust", .count = &Tally::top_1_robust},
    {.name = "top_5_robust", .count = &Tally::top_5_robust},
    {.name = "masked", .count = &Tally::masked},
    {.name = "non_critical",
     .derived = [](const Tally& tally) { return tally.non_critical(); },
     .meaning = "top_1_robust - masked"},
    {.name = "critical",
     .derived = [](const Tally& tally) { return tally.critical(); },
     .meaning = "n_injections - top_1_robust"},
};
constexpr size_t kCounts = static_cast<size_t>(
    std::ranges::count_if(kColumns, [](const TallyColumn& column) { return column.count != nullptr; }));
static_assert(sizeof(Tally) == kCounts * sizeof(int64_t), "every count has a column");

// Written so that the compiler unrolls it: a tally is added for every fault and image.
template <typename Change, size_t... I>
void change_counts(Tally& tally, const Tally& other, Change change, std::index_sequence<I...> /*columns*/) {
  const auto change_count = [&](int64_t Tally::*count) {
    if (count != nullptr) change(tally.*count, other.*count);
  };
  (change_count(kColumns[I].count), ...);
}
constexpr auto kAllColumns = std::make_index_sequence<std::size(kColumns)>();

}  // namespace

std::span<const TallyColumn> tally_columns() noexcept { return kColumns; }

Tally& Tally::operator+=(const Tally& other) noexcept {
  change_counts(
      *this, other, [](int64_t& count, int64_t by) { count += by; }, kAllColumns);
  return *this;
}

Tally& Tally::operator-=(const Tally& other) noexcept {
  change_counts(
      *this, other, [](int64_t& count, int64_t by) { count -= by; }, kAllColumns);
  return *this;
}

}  // namespace tf_injector
