// A block of faults that is not done yet, as bytes: what a run that is killed goes on from.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/fault_index.hpp"
#include "metrics/details_counter.hpp"
#include "session/check/kept_rows.hpp"
#include "session/done_pairs.hpp"
#include "session/golden_run.hpp"
#include "session/kept_scores.hpp"
#include "session/partial_golden.hpp"
#include "session/setup.hpp"
#include "tf_injector/tally.hpp"

namespace tf_injector::detail {

// A block while it runs: sums over the pairs that are done.
struct BlockState {
  ListIndex first;  // its first fault
  std::span<const Tally> tallies;
  const DetailsCounter* details = nullptr;  // null: not counted
  const DonePairs& done;
  const GoldenRun& golden;
  bool is_joined = false;  // the golden run is done with the faults, image by image: its rows are kept too
  const KeptRows* kept = nullptr;  // null: the self-check keeps none
};
[[nodiscard]] std::string partial_block_bytes(const Setup& setup, const BlockState& state);

// The most memory that these bytes take: beside what a fault of the block does, and of that.
[[nodiscard]] uint64_t partial_block_fixed_bytes(const Setup& setup, uint64_t kept_row_bytes);
[[nodiscard]] uint64_t partial_block_bytes_per_fault(const Setup& setup);

class PartialBlock {
 public:
  // `bytes` as partial_block_bytes wrote them; nothing where they are of another block than the one that
  // begins at `first`, of other images, longer than memory allows, or damaged.
  static std::optional<PartialBlock> read(std::string bytes, const Setup& setup, ListIndex first);

  [[nodiscard]] size_t count() const noexcept { return tallies.size(); }  // faults of the block
  // Does it hold the golden rows of its images, and all faults of each?
  [[nodiscard]] bool is_joined() const noexcept { return golden_bytes_ > 0; }
  // Whether the faults that the run's --check takes were checked, or it takes none.
  [[nodiscard]] bool has_check(const Setup& setup) const noexcept;
  // Whether the golden run, which is done, gave what the one gave that these sums were compared with.
  [[nodiscard]] bool has_golden(const Setup& setup, const GoldenRun& golden) const;
  // Puts the golden rows of the images that are done into `golden`, and what they say of each. It must be
  // joined.
  void restore(const Setup& setup, GoldenRun& golden) const;
  // Its golden rows, for a run that does the rest of them before the faults. It must be joined, and is not
  // any more.
  [[nodiscard]] PartialGolden take_golden(const Setup& setup);
  // Reads `scores`, of a campaign that keeps them, once golden is there; `in`: see read_scores. False: they
  // are not those of what is done.
  [[nodiscard]] bool read_scores(const Setup& setup, const GoldenRun& golden,
                                 const std::function<size_t(std::span<char>)>& in);
  // Puts the rows that the self-check will look at into `kept`, which was begun for this block; null: it
  // keeps none. False: they are not there, or not those; what `kept` holds then is not defined.
  [[nodiscard]] bool restore(KeptRows* kept) const;

  DonePairs done;
  std::vector<Tally> tallies;
  std::optional<DetailsCounter> details;
  BlockScores scores;  // empty until they are read

 private:
  [[nodiscard]] std::string_view part(size_t at, size_t size) const {
    return std::string_view(bytes_).substr(at, size);
  }

  std::string bytes_;
  std::string golden_sha256_;
  size_t kept_at_ = 0, kept_bytes_ = 0, golden_at_ = 0, golden_bytes_ = 0;  // in bytes_
  bool has_kept_ = false;
  uint64_t check_ = 0;  // every so manyth fault; 0: none
};

}  // namespace tf_injector::detail
