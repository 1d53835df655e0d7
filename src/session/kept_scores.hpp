// Scores of what is done of a block, as bytes: of each area the rows that differ from the golden ones.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "session/done_pairs.hpp"
#include "session/golden_run.hpp"
#include "session/setup.hpp"

namespace tf_injector::detail {

// Per fault of a block: images x classes; golden where nothing is done.
using BlockScores = std::vector<std::vector<float>>;

// Gives `out` the scores of these areas, which are done, in pieces of about this size. Other threads may
// write scores of other pairs.
void write_scores(const Setup& setup, const GoldenRun& golden, const BlockScores& scores,
                  std::span<const PairArea> areas, const std::function<void(std::string_view)>& out);
inline constexpr size_t kScorePieceBytes = size_t{1} << 20;

// Puts into `scores` all that write_scores gave of areas that are `done` together. `in`: the next bytes,
// fewer than asked for only at the end. False: they are not those; what `scores` holds then is not defined.
[[nodiscard]] bool read_scores(const Setup& setup, const DonePairs& done, BlockScores& scores,
                               const std::function<size_t(std::span<char>)>& in);

}  // namespace tf_injector::detail
