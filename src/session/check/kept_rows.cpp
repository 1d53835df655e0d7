#include "session/check/kept_rows.hpp"

#include <algorithm>
#include <cassert>

namespace tf_injector::detail {
namespace {

// Enough for all rows of a small campaign. Of a large one, more are kept than there is time to look at.
constexpr uint64_t kMostRowBytes = uint64_t{2} << 20, kMostCountBytes = uint64_t{256} << 10;
constexpr uint64_t kMostCounted = 64;

uint64_t bytes_of_row(uint64_t classes) { return classes * sizeof(float) + 1; }

// Faults of which rows are kept, and rows of each; one row at least.
struct Room {
  uint64_t faults, images, counted;
  Room(uint64_t block, uint64_t all_images, uint64_t classes) {
    const uint64_t rows = std::max<uint64_t>(kMostRowBytes / bytes_of_row(classes), 1);
    faults = std::min(block, rows);
    images = faults == 0 ? 0 : std::min(rows / faults, all_images);
    const uint64_t fitting = kMostCountBytes / std::max<uint64_t>(all_images, 1);
    counted = std::min(std::clamp<uint64_t>(fitting, 1, kMostCounted), faults);
  }
};

// A row's counts in a byte, each 0 or 1: a bit for each column that is a count, in the order of the columns.
// The first counts images, of which every row is one.
constexpr uint8_t kRow = 1;
static_assert(sizeof(Tally) <= 8 * sizeof(int64_t), "a bit for every count");

// Calls visit(count, its bit) for each of them.
template <typename Visit>
void for_each_count(const Visit& visit) {
  uint8_t bit = kRow;
  for (const TallyColumn& column : tally_columns()) {
    if (column.count == nullptr) continue;
    visit(column.count, bit);
    bit = static_cast<uint8_t>(bit << 1);
  }
}

uint8_t packed(const Tally& counts) {
  uint8_t bits = 0;
  for_each_count([&](int64_t Tally::*count, uint8_t bit) {
    if (counts.*count != 0) bits |= bit;
  });
  return bits;
}

}  // namespace

void KeptRows::make_room(std::span<const BlockIndex> order) {
  const Room room(order.size(), static_cast<uint64_t>(images_), classes_);
  windows_ = room.faults;
  window_images_ = static_cast<int64_t>(room.images);
  counted_ = room.counted;
  window_of_.assign(order.size(), kNone);
  for (uint32_t i = 0; i < windows_; ++i) window_of_[order[i].value] = i;
  first_image_.resize(windows_);
  scores_.resize(windows_ * room.images * classes_);
  flags_.assign(windows_ * room.images, 0);
  counts_.assign(counted_ * static_cast<size_t>(images_), 0);
}

void KeptRows::take(BlockIndex fault, int64_t image, std::span<const float> scores,
                    const Tally& counts) noexcept {
  assert(fault.value < window_of_.size());
  const uint32_t i = window_of_[fault.value];
  if (i == kNone) return;
  if (i < counted_) counts_[i * static_cast<size_t>(images_) + static_cast<size_t>(image)] = packed(counts);
  const int64_t k = image - first_image_[i] + (image < first_image_[i] ? images_ : 0);
  if (k >= window_images_) return;
  uint8_t& flags = flags_[place(i, k)];
  const int twice = (flags & kGiven) != 0 ? kTwice : 0;
  flags = static_cast<uint8_t>(kGiven | twice | (counts.top_1_robust == 0 ? kCritical : 0));
  std::copy(scores.begin(), scores.end(), scores_.begin() + static_cast<ptrdiff_t>(place(i, k) * classes_));
}

bool KeptRows::counts(size_t i, int64_t image, Tally& counts) const noexcept {
  const uint8_t bits = counts_[i * static_cast<size_t>(images_) + static_cast<size_t>(image)];
  for_each_count([&](int64_t Tally::*count, uint8_t bit) { counts.*count = (bits & bit) != 0 ? 1 : 0; });
  return (bits & kRow) != 0;
}

template <typename Rows, typename VisitRow, typename VisitCounts>
void KeptRows::visit(Rows& rows, const HasPair& has, const VisitRow& visit_row,
                     const VisitCounts& visit_counts) {
  std::vector<BlockIndex> faults(rows.windows_);
  for (size_t fault = 0; fault < rows.window_of_.size(); ++fault) {
    if (rows.window_of_[fault] != kNone) faults[rows.window_of_[fault]] = BlockIndex(fault);
  }
  for (size_t i = 0; i < rows.windows_; ++i) {
    for (int64_t k = 0; k < rows.window_images_; ++k) {
      if (!has(faults[i], rows.image(i, k))) continue;
      const size_t place = rows.place(i, k);
      visit_row(rows.flags_[place], std::span(rows.scores_).subspan(place * rows.classes_, rows.classes_));
    }
  }
  for (size_t i = 0; i < rows.counted_; ++i) {
    for (int64_t image = 0; image < rows.images_; ++image) {
      if (has(faults[i], image))
        visit_counts(rows.counts_[i * static_cast<size_t>(rows.images_) + static_cast<size_t>(image)]);
    }
  }
}

void KeptRows::write(ByteWriter& out, const HasPair& has) const {
  visit(
      *this, has,
      [&](const uint8_t& flags, std::span<const float> row) {
        out.value(flags);
        if ((flags & kGiven) != 0) out.values(row);
      },
      [&](const uint8_t& counts) { out.value(counts); });
}

void KeptRows::read(ByteReader& in, const HasPair& has) {
  visit(
      *this, has,
      [&](uint8_t& flags, std::span<float> row) {
        flags = in.value<uint8_t>();
        if ((flags & kGiven) != 0) in.values(row);
      },
      [&](uint8_t& counts) { counts = in.value<uint8_t>(); });
}

uint64_t KeptRows::bytes(uint64_t faults, int64_t images, int64_t classes) {
  const auto all_images = static_cast<uint64_t>(images), all_classes = static_cast<uint64_t>(classes);
  // Fewer faults may be kept with more images each: the most is what fits, or all.
  const uint64_t rows = std::max<uint64_t>(kMostRowBytes / bytes_of_row(all_classes), 1);
  return std::min(rows, faults * all_images) * bytes_of_row(all_classes) +
         std::max(all_images, std::min(kMostCountBytes, faults * all_images));
}

}  // namespace tf_injector::detail
