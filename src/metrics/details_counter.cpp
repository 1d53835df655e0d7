#include "metrics/details_counter.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace tf_injector::detail {
namespace {

// NaN is larger than every number and stays.
double larger(double a, double b) { return a >= b || std::isnan(a) ? a : b; }

// 0 where nothing has changed, also of NaN to NaN and of an infinity to itself; Inf where one is infinite.
double change(float score, float golden) {
  if (score == golden || (std::isnan(score) && std::isnan(golden))) return 0;
  return std::fabs(widened(score) - widened(golden));
}

bool differs_by_more(double confidence, double golden, double share) {
  return !(std::fabs(confidence - golden) <= share * golden);  // so does NaN
}

}  // namespace

uint64_t confusion_cells(int64_t classes) {
  return classes > kMostConfusionClasses ? 0 : static_cast<uint64_t>(classes * classes);
}

DetailCounts& DetailCounts::operator+=(const DetailCounts& other) noexcept {
  nan_images += other.nan_images;
  inf_images += other.inf_images;
  sdc10pct += other.sdc10pct;
  sdc20pct += other.sdc20pct;
  fixed += other.fixed;
  broken += other.broken;
  return *this;
}

DetailCounts& DetailCounts::operator-=(const DetailCounts& other) noexcept {
  nan_images -= other.nan_images;
  inf_images -= other.inf_images;
  sdc10pct -= other.sdc10pct;
  sdc20pct -= other.sdc20pct;
  fixed -= other.fixed;
  broken -= other.broken;
  return *this;
}

GoldenDetails golden_details(std::span<const float> golden, int top, const Tally& tally,
                             const Decision& decision, const Confidence& confidence) {
  GoldenDetails image{.top = top,
                      .confidence = confidence.of(golden, top),
                      .is_right = tally.top_1_correct != 0,
                      .if_unchanged = {}};
  image.if_unchanged = row_details(golden, golden, image, tally, decision, confidence);
  return image;
}

RowDetails row_details(std::span<const float> scores, std::span<const float> golden,
                       const GoldenDetails& image, const Tally& tally, const Decision& decision,
                       const Confidence& confidence) {
  RowDetails row;
  bool has_nan = false, has_inf = false;
  for (size_t i = 0; i < scores.size(); ++i) {
    has_nan |= std::isnan(scores[i]);
    has_inf |= std::isinf(scores[i]);
    row.largest_change = larger(row.largest_change, change(scores[i], golden[i]));
  }
  const double own = confidence.of(scores, image.top);
  const bool is_right = tally.top_1_correct != 0;
  row.counts = {.nan_images = has_nan,
                .inf_images = has_inf,
                .sdc10pct = differs_by_more(own, image.confidence, 0.1),
                .sdc20pct = differs_by_more(own, image.confidence, 0.2),
                .fixed = is_right && !image.is_right,
                .broken = !is_right && image.is_right};
  if (tally.critical() != 0) row.went_to = decision.selected(scores);
  return row;
}

DetailsCounter::DetailsCounter(size_t faults, int64_t classes)
    : classes_(static_cast<size_t>(classes)),
      unchanged_went_to_(classes_),
      counts_(faults),
      went_to_(faults * classes_),
      largest_change_(faults),
      confusion_(confusion_cells(classes)) {}

void DetailsCounter::add_unchanged(const GoldenDetails& image) {
  const RowDetails& row = image.if_unchanged;
  unchanged_ += row.counts;
  if (row.went_to < 0) return;
  const auto to = static_cast<size_t>(row.went_to);
  ++unchanged_went_to_[to];
  if (!confusion_.empty())
    confusion_[static_cast<size_t>(image.top) * classes_ + to] += static_cast<int64_t>(counts_.size());
}

void DetailsCounter::replace(size_t fault, const GoldenDetails& image, const RowDetails& row) {
  counts_[fault] -= image.if_unchanged.counts;
  counts_[fault] += row.counts;
  count_change(fault, image, image.if_unchanged, -1);
  count_change(fault, image, row, 1);
  largest_change_[fault] = larger(largest_change_[fault], row.largest_change);
}

void DetailsCounter::remove_unchanged(size_t fault, const GoldenDetails& image) {
  counts_[fault] -= image.if_unchanged.counts;
  count_change(fault, image, image.if_unchanged, -1);
}

void DetailsCounter::count_change(size_t fault, const GoldenDetails& image, const RowDetails& row, int by) {
  if (row.went_to < 0) return;
  const auto to = static_cast<size_t>(row.went_to);
  went_to_[fault * classes_ + to] += by;
  if (!confusion_.empty()) confusion_[static_cast<size_t>(image.top) * classes_ + to] += by;
}

void DetailsCounter::add(size_t first, const DetailsCounter& part) {
  assert(first + part.counts_.size() <= counts_.size() && part.classes_ == classes_);
  for (size_t i = 0; i < part.counts_.size(); ++i) {
    DetailCounts& counts = counts_[first + i];
    counts += part.counts_[i];
    counts += part.unchanged_;
    int32_t* to = went_to_.data() + (first + i) * classes_;
    const int32_t* own = part.went_to_.data() + i * classes_;
    for (size_t c = 0; c < classes_; ++c) to[c] += own[c] + part.unchanged_went_to_[c];
    largest_change_[first + i] = larger(largest_change_[first + i], part.largest_change_[i]);
  }
  for (size_t i = 0; i < confusion_.size(); ++i) confusion_[i] += part.confusion_[i];
}

template <typename Counter, typename Visit>
void DetailsCounter::visit_counts(Counter& counter, const Visit& visit) {
  visit(std::span(&counter.unchanged_, 1));
  visit(std::span(counter.unchanged_went_to_));
  visit(std::span(counter.counts_));
  visit(std::span(counter.went_to_));
  visit(std::span(counter.largest_change_));
  visit(std::span(counter.confusion_));
}

void DetailsCounter::write(ByteWriter& out) const {
  visit_counts(*this, [&](auto counts) { out.values(counts); });
}

void DetailsCounter::read(ByteReader& in) {
  visit_counts(*this, [&](auto counts) { in.values(counts); });
}

bool DetailsCounter::are_possible(std::span<const Tally> tallies) const {
  const auto is_zero = [](int64_t count) { return count == 0; };
  if (unchanged_ != DetailCounts() ||
      !std::all_of(unchanged_went_to_.begin(), unchanged_went_to_.end(), is_zero))
    return false;
  int64_t pairs = 0;
  for (size_t fault = 0; fault < counts_.size(); ++fault) {
    const int64_t images = tallies[fault].images;
    const auto is_count = [images](int64_t count) { return 0 <= count && count <= images; };
    const DetailCounts& counts = counts_[fault];
    const std::span<const int32_t> went_to = classes_of(fault);
    const bool are_counts = is_count(counts.nan_images) && is_count(counts.inf_images) &&
                            is_count(counts.sdc10pct) && is_count(counts.sdc20pct) &&
                            is_count(counts.fixed) && is_count(counts.broken) &&
                            std::all_of(went_to.begin(), went_to.end(), is_count);
    if (!are_counts || largest_change_[fault] < 0) return false;
    pairs += images;
  }
  return std::all_of(confusion_.begin(), confusion_.end(),
                     [pairs](int64_t count) { return 0 <= count && count <= pairs; });
}

FaultDetails DetailsCounter::details(size_t fault, const Tally& tally) const {
  DetailCounts counts = counts_[fault];
  counts += unchanged_;
  FaultDetails details{.nan_images = counts.nan_images,
                       .inf_images = counts.inf_images,
                       .sdc5 = tally.images - tally.top_5_robust,
                       .sdc10pct = counts.sdc10pct,
                       .sdc20pct = counts.sdc20pct,
                       .fixed = counts.fixed,
                       .broken = counts.broken,
                       .max_abs_logit_change = static_cast<float>(largest_change_[fault])};
  const std::span<const int32_t> went_to = classes_of(fault);
  for (size_t c = 0; c < classes_; ++c) {
    const int64_t images = int64_t{went_to[c]} + unchanged_went_to_[c];
    if (images <= details.majority_images) continue;
    details.majority_class = static_cast<int64_t>(c);
    details.majority_images = images;
  }
  return details;
}

uint64_t DetailsCounter::bytes_per_fault(int64_t classes) {
  return sizeof(DetailCounts) + sizeof(double) + static_cast<uint64_t>(classes) * sizeof(int32_t);
}

uint64_t DetailsCounter::fixed_bytes(int64_t classes) {
  return static_cast<uint64_t>(classes) * sizeof(int32_t) + confusion_cells(classes) * sizeof(int64_t);
}

}  // namespace tf_injector::detail
