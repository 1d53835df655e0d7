// A part of a fault list, as one of several that are run apart and merged.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tf_injector {

struct Shard {
  int64_t index = 0;  // from 0
  int64_t of = 1;     // how many there are, at most kMostShards

  friend bool operator==(const Shard&, const Shard&) = default;
};

inline constexpr int64_t kMostShards = 1'000'000;

// The neighbouring rows of a list that a shard holds; there may be none.
struct ShardRows {
  Shard shard = {};
  int64_t first_row = 0;  // from 0
  int64_t rows = 0;
  int64_t list_rows = 0;  // of the whole list

  friend bool operator==(const ShardRows&, const ShardRows&) = default;
};

// "I/N", or "slurm": what the variables of a Slurm job array say. Throws Error(usage): neither, no shard that
// there can be, or a variable that is missing or wrong.
[[nodiscard]] Shard parse_shard(std::string_view text);
// "2/8"
[[nodiscard]] std::string shard_text(const Shard& shard);
// "2/8, rows 26 to 50 of 100", counted from 1; "7/8, no rows of 5"
[[nodiscard]] std::string shard_text(const ShardRows& rows);

}  // namespace tf_injector
