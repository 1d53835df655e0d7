#include "session/done_pairs.hpp"

#include <algorithm>
#include <numeric>
#include <tuple>
#include <utility>

namespace tf_injector::detail {
namespace {

struct ImageRange {
  int64_t first = 0, end = 0;
  friend bool operator==(const ImageRange&, const ImageRange&) = default;
};

// The images that no area has which covers all faults of the strip.
std::vector<ImageRange> missing_images(const std::vector<PairArea>& sorted, uint64_t first, uint64_t end,
                                       int64_t images) {
  std::vector<ImageRange> done;
  for (const PairArea& area : sorted) {
    if (area.first <= first && end <= area.first + area.faults)
      done.push_back({area.first_image, area.first_image + area.images});
  }
  std::sort(done.begin(), done.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<ImageRange> missing;
  int64_t at = 0;
  for (const ImageRange& range : done) {
    if (range.first > at) missing.push_back({at, range.first});
    at = std::max(at, range.end);
  }
  if (at < images) missing.push_back({at, images});
  return missing;
}

}  // namespace

void DonePairs::merge() {
  const auto key = [](const PairArea& area) { return std::tie(area.first, area.faults, area.first_image); };
  std::sort(areas_.begin(), areas_.end(), [&](const auto& a, const auto& b) { return key(a) < key(b); });
  std::vector<PairArea> merged;
  for (const PairArea& area : areas_) {
    PairArea* last = merged.empty() ? nullptr : &merged.back();
    if (last != nullptr && last->first == area.first && last->faults == area.faults &&
        last->first_image + last->images == area.first_image) {
      last->images += area.images;
    } else {
      merged.push_back(area);
    }
  }
  areas_ = std::move(merged);
}

bool DonePairs::has(BlockIndex fault, int64_t image) const noexcept {
  return std::any_of(areas_.begin(), areas_.end(), [&](const PairArea& area) {
    return fault.value >= area.first && fault.value - area.first < area.faults && image >= area.first_image &&
           image - area.first_image < area.images;
  });
}

int64_t DonePairs::pairs() const noexcept {
  return std::accumulate(areas_.begin(), areas_.end(), int64_t{0},
                         [](int64_t sum, const PairArea& area) { return sum + area.pairs(); });
}

std::vector<bool> DonePairs::images(int64_t all) const {
  std::vector<bool> found(static_cast<size_t>(all));
  for (const PairArea& area : areas_) {
    const auto begin = found.begin() + area.first_image;
    std::fill(begin, begin + area.images, true);
  }
  return found;
}

std::vector<PairArea> DonePairs::missing(size_t count, int64_t images) const {
  std::vector<uint64_t> cuts = {0, count};
  for (const PairArea& area : areas_) {
    cuts.push_back(area.first);
    cuts.push_back(area.first + area.faults);
  }
  std::sort(cuts.begin(), cuts.end());
  cuts.erase(std::unique(cuts.begin(), cuts.end()), cuts.end());
  std::vector<PairArea> missing;
  const auto add = [&](uint64_t first, uint64_t end, const std::vector<ImageRange>& ranges) {
    for (const ImageRange& range : ranges)
      missing.push_back({first, end - first, range.first, range.end - range.first});
  };
  uint64_t first = 0;  // of the faults that have the same images missing
  std::vector<ImageRange> ranges;
  for (size_t i = 0; i + 1 < cuts.size(); ++i) {
    std::vector<ImageRange> of_strip = missing_images(areas_, cuts[i], cuts[i + 1], images);
    if (i > 0 && of_strip == ranges) continue;
    if (i > 0) add(first, cuts[i], ranges);
    first = cuts[i];
    ranges = std::move(of_strip);
  }
  add(first, count, ranges);
  return missing;
}

}  // namespace tf_injector::detail
