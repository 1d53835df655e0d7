#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <utility>

#include "core/printable.hpp"
#include "core/problem_lines.hpp"
#include "core/same_file.hpp"
#include "estimate/estimate_state.hpp"
#include "io/file.hpp"
#include "tf_injector/error.hpp"
#include "tf_injector/estimate.hpp"
#include "tf_injector/shard.hpp"

namespace tf_injector {

using namespace detail;

namespace {

struct ShardState {
  std::string path;
  Shard shard;
  std::map<std::string, std::string> identity;  // but for the shard
  DrawCounts counts;
};

// Throws Error(resume), Error(bad_input).
ShardState read_shard(const std::string& path) {
  FinishedShardState state = read_shard_state(path);
  ShardState read{.path = path, .shard = {}, .identity = {}, .counts = std::move(state.counts)};
  for (auto& [name, value] : state.identity) {
    if (name != kShardOfState) {
      read.identity.emplace(name, value);
      continue;
    }
    try {
      if (value == "slurm") throw Error(ErrorKind::usage, "no number");
      read.shard = parse_shard(value);
    } catch (const Error&) {
      throw Error(ErrorKind::bad_input,
                  fmt::format("{}: damaged: expected a shard 'I/N', found '{}'", path, printable(value)));
    }
  }
  const auto of = static_cast<size_t>(read.shard.of);
  for (size_t domain = 0; domain < read.counts.size(); ++domain) {
    if (!read.counts[domain].empty() && domain % of != static_cast<size_t>(read.shard.index))
      throw Error(ErrorKind::bad_input,
                  fmt::format("{}: damaged: shard {} has no part {}", path, shard_text(read.shard), domain));
  }
  return read;
}

// What keeps the shards from being a whole.
void find_problems(const std::vector<ShardState>& shards, ProblemLines& problems) {
  const ShardState& first = shards.front();
  std::map<int64_t, std::string> paths;  // by the shard's index
  for (const ShardState& shard : shards) {
    if (shard.identity != first.identity) {
      std::string differing;
      for (const auto& [name, value] : shard.identity) {
        const auto other = first.identity.find(name);
        if (other == first.identity.end() || other->second != value)
          differing += fmt::format("{}{} {} there, {} here", differing.empty() ? "" : ", ", printable(name),
                                   other == first.identity.end() ? "none" : printable(other->second),
                                   printable(value));
      }
      problems.add(fmt::format("{}: of another estimate than {}: {}", shard.path, first.path, differing));
    } else if (shard.shard.of != first.shard.of) {
      problems.add(fmt::format("{}: shard {}, while {} is shard {}: expected shards of one number",
                               shard.path, shard_text(shard.shard), first.path, shard_text(first.shard)));
    } else if (const auto [known, is_new] = paths.emplace(shard.shard.index, shard.path); !is_new) {
      problems.add(
          fmt::format("{}: shard {} again, as {}", shard.path, shard_text(shard.shard), known->second));
    }
  }
  for (int64_t index = 0; index < first.shard.of; ++index) {
    if (!paths.contains(index))
      problems.add(fmt::format("shard {} is missing", shard_text(Shard{index, first.shard.of})));
  }
}

}  // namespace

void merge_estimate_states(const std::vector<std::string>& paths, const std::string& path, bool overwrite) {
  if (paths.empty()) throw Error(ErrorKind::usage, "merge: expected the states of shards, found none");
  if (path.empty()) throw Error(ErrorKind::usage, "merge: expected a name for the state that is written");
  std::vector<ShardState> shards;
  ProblemLines problems;
  ErrorKind kind = ErrorKind::resume;
  for (const std::string& shard : paths) {
    if (is_same_file(shard, path))
      throw Error(ErrorKind::usage,
                  fmt::format("{}: is one of the shards; the merged state needs another name", path));
    try {
      shards.push_back(read_shard(shard));
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::resume && error.kind() != ErrorKind::bad_input) throw;
      if (error.kind() == ErrorKind::bad_input) kind = ErrorKind::bad_input;
      problems.add(error.what());
    }
  }
  // Of files that cannot be read it is not known which shards they are.
  if (problems.empty()) find_problems(shards, problems);
  if (problems.empty() && !overwrite && file_exists(path))
    problems.add(fmt::format("{}: is there already; `overwrite` replaces it", path));
  if (!problems.empty()) throw Error(kind, problems.text());
  DrawCounts counts;
  for (ShardState& shard : shards) {
    counts.resize(std::max(counts.size(), shard.counts.size()));
    for (size_t domain = 0; domain < shard.counts.size(); ++domain)
      counts[domain].merge(shard.counts[domain]);
  }
  const auto& known = shards.front().identity;
  prepare_folder_for(path);
  write_atomic(path, state_text(EstimateIdentity(known.begin(), known.end()), counts));
}

}  // namespace tf_injector
