#include "session/partial_block.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "core/byte_stream.hpp"
#include "io/sha256.hpp"

namespace tf_injector::detail {
namespace {

constexpr size_t kHashDigits = 64;
// Head and areas of any block: far more than a run leaves, which are some for each thread. What is missing
// beside so many is found in a moment.
constexpr uint64_t kHeadAndAreas = uint64_t{64} << 10;
constexpr uint64_t kMostAreas = kHeadAndAreas / sizeof(PairArea) - 8;

// Of the first bytes; then the areas, the hash of golden, tallies, details, the self-check's rows, golden
// rows.
struct PartialHead {
  uint64_t first = 0, faults = 0;
  int64_t images = 0;
  uint64_t classes = 0;
  int64_t decision_classes = 0;
  uint64_t has_details = 0, has_kept = 0, kept_bytes = 0, is_joined = 0, areas = 0;
  uint64_t check = 0;  // every so manyth fault was checked on all images (--check); 0: none
};

// Calls visit(row) with the golden rows of the images that are in `done`.
template <typename Visit>
void for_golden_rows(const Setup& setup, const GoldenRun& golden, const DonePairs& done, const Visit& visit) {
  const std::vector<bool> has = done.images(setup.images());
  for (int64_t image = 0; image < setup.images(); ++image) {
    if (has[static_cast<size_t>(image)]) visit(setup.row(golden.scores, image));
  }
}

std::string golden_hash(const Setup& setup, const GoldenRun& golden, const DonePairs& done) {
  Sha256 hash;
  for_golden_rows(setup, golden, done,
                  [&](std::span<const float> row) { hash.update(row.data(), row.size_bytes()); });
  return hash.hex();
}

bool is_of(const PartialHead& head, const Setup& setup, ListIndex first) {
  return head.first == first.value && head.faults > 0 && head.faults <= setup.layout.most_faults &&
         head.faults <= setup.patches.size() - first.value && head.images == setup.images() &&
         head.classes == setup.classes() && head.decision_classes == setup.decision_classes() &&
         (head.has_details != 0) == setup.needs.details && head.areas <= kMostAreas;
}

// Are the areas of the block, none of their pairs twice, and is something missing?
bool are_possible(const DonePairs& done, uint64_t faults, int64_t images) {
  for (const PairArea& area : done.areas()) {
    if (!area.is_within(faults, images)) return false;
  }
  int64_t missing = 0;
  for (const PairArea& area : done.missing(faults, images)) missing += area.pairs();
  return missing > 0 && missing + done.pairs() == static_cast<int64_t>(faults) * images;
}

// Does each row count the images that are done of its fault, and no more?
bool are_possible(std::span<const Tally> tallies, const DonePairs& done) {
  std::vector<int64_t> begins(tallies.size() + 1);  // images that are done from this fault on; less: no more
  for (const PairArea& area : done.areas()) {
    begins[area.first] += area.images;
    begins[area.first + area.faults] -= area.images;
  }
  int64_t images = 0;
  for (size_t i = 0; i < tallies.size(); ++i) {
    images += begins[i];
    if (tallies[i].images != images) return false;
    for (const TallyColumn& column : tally_columns()) {
      if (column.count == nullptr) continue;
      const int64_t count = tallies[i].*column.count;
      if (count < 0 || count > images) return false;
    }
  }
  return true;
}

bool has_all_faults(const DonePairs& done, uint64_t faults) {
  return std::all_of(done.areas().begin(), done.areas().end(),
                     [&](const PairArea& area) { return area.faults == faults; });
}

}  // namespace

std::string partial_block_bytes(const Setup& setup, const BlockState& state) {
  std::string bytes;
  bytes.reserve(partial_block_fixed_bytes(setup, state.kept == nullptr ? 0 : state.kept->bytes()) +
                state.tallies.size() * partial_block_bytes_per_fault(setup) +
                state.done.areas().size() * sizeof(PairArea));
  PartialHead head{.first = state.first.value,
                   .faults = state.tallies.size(),
                   .images = setup.images(),
                   .classes = setup.classes(),
                   .decision_classes = setup.decision_classes(),
                   .has_details = state.details != nullptr,
                   .has_kept = state.kept != nullptr,
                   .is_joined = state.is_joined,
                   .areas = state.done.areas().size(),
                   .check = static_cast<uint64_t>(setup.needs.check.value_or(0))};
  ByteWriter out(bytes);
  out.value(head);
  out.values(std::span(state.done.areas()));
  bytes += golden_hash(setup, state.golden, state.done);
  out.values(state.tallies);
  if (state.details != nullptr) state.details->write(out);
  const size_t kept_at = bytes.size();
  if (state.kept != nullptr) {
    state.kept->write(out, [&](BlockIndex fault, int64_t image) { return state.done.has(fault, image); });
  }
  head.kept_bytes = bytes.size() - kept_at;
  if (state.is_joined) {
    for_golden_rows(setup, state.golden, state.done, [&](std::span<const float> row) { out.values(row); });
  }
  std::memcpy(bytes.data(), &head, sizeof head);
  return bytes;
}

uint64_t partial_block_fixed_bytes(const Setup& setup, uint64_t kept_row_bytes) {
  const uint64_t golden = static_cast<uint64_t>(setup.images()) * setup.classes() * sizeof(float);
  const uint64_t details = setup.needs.details ? DetailsCounter::fixed_bytes(setup.decision_classes()) : 0;
  return kHeadAndAreas + kept_row_bytes + details + (golden <= kMostKeptGoldenBytes ? golden : 0);
}

uint64_t partial_block_bytes_per_fault(const Setup& setup) {
  return sizeof(Tally) +
         (setup.needs.details ? DetailsCounter::bytes_per_fault(setup.decision_classes()) : 0);
}

std::optional<PartialBlock> PartialBlock::read(std::string bytes, const Setup& setup, ListIndex first) {
  PartialBlock block;
  block.bytes_ = std::move(bytes);
  ByteReader in(block.bytes_);
  try {
    const auto head = in.value<PartialHead>();
    if (!is_of(head, setup, first)) return std::nullopt;
    for (uint64_t i = 0; i < head.areas; ++i) block.done.add(in.value<PairArea>());
    if (!are_possible(block.done, head.faults, head.images)) return std::nullopt;
    block.golden_sha256_ = std::string(in.text(kHashDigits));
    block.tallies.resize(head.faults);
    in.values(std::span(block.tallies));
    if (!are_possible(block.tallies, block.done)) return std::nullopt;
    if (setup.needs.details) {
      block.details.emplace(head.faults, setup.decision_classes());
      block.details->read(in);
      if (!block.details->are_possible(block.tallies)) return std::nullopt;
    }
    block.check_ = head.check;
    block.has_kept_ = head.has_kept != 0;
    block.kept_at_ = block.bytes_.size() - in.bytes_left();
    block.kept_bytes_ = in.text(head.kept_bytes).size();
    if (head.is_joined == 0) return in.is_at_end() ? std::optional(std::move(block)) : std::nullopt;
    const std::vector<bool> images = block.done.images(setup.images());
    const auto rows = static_cast<size_t>(std::count(images.begin(), images.end(), true));
    block.golden_at_ = block.bytes_.size() - in.bytes_left();
    block.golden_bytes_ = in.text(rows * setup.classes() * sizeof(float)).size();
    if (!in.is_at_end() || !has_all_faults(block.done, head.faults)) return std::nullopt;
  } catch (const ShortBytes&) {
    return std::nullopt;
  }
  return block;
}

bool PartialBlock::has_check(const Setup& setup) const noexcept {
  const auto wanted = static_cast<uint64_t>(setup.needs.check.value_or(0));
  return wanted == 0 || (check_ > 0 && wanted % check_ == 0);
}

bool PartialBlock::has_golden(const Setup& setup, const GoldenRun& golden) const {
  return golden_hash(setup, golden, done) == golden_sha256_;
}

void PartialBlock::restore(const Setup& setup, GoldenRun& golden) const {
  golden.restore(setup, done.images(setup.images()), part(golden_at_, golden_bytes_));
}

PartialGolden PartialBlock::take_golden(const Setup& setup) {
  PartialGolden golden = PartialGolden::of(done.images(setup.images()), bytes_.substr(golden_at_));
  bytes_.resize(golden_at_);
  bytes_.shrink_to_fit();
  golden_bytes_ = 0;
  return golden;
}

bool PartialBlock::read_scores(const Setup& setup, const GoldenRun& golden,
                               const std::function<size_t(std::span<char>)>& in) {
  scores.assign(count(), golden.scores);
  return detail::read_scores(setup, done, scores, in);
}

bool PartialBlock::restore(KeptRows* kept) const {
  if (kept == nullptr) return true;
  if (!has_kept_) return false;
  try {
    ByteReader in(part(kept_at_, kept_bytes_));
    kept->read(in, [&](BlockIndex fault, int64_t image) { return done.has(fault, image); });
    return in.is_at_end();
  } catch (const ShortBytes&) {
    return false;
  }
}

}  // namespace tf_injector::detail
