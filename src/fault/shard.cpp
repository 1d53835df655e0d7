#include "tf_injector/shard.hpp"

#include <fmt/format.h>

#include <limits>
#include <optional>

#include "core/environment.hpp"
#include "core/printable.hpp"
#include "fault/index_syntax.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector {

using namespace detail;
namespace {

// A whole number that is written as numbers are, else nothing.
std::optional<int64_t> whole_number(std::string_view text) {
  const auto parsed = parse_whole_number(text);
  if (!parsed || parsed->saturated || std::to_string(parsed->value) != text) return std::nullopt;
  return parsed->value;
}

int64_t slurm_number(const char* name, int64_t least) {
  const std::optional<std::string> text = environment_variable(name);
  if (!text) {
    throw Error(ErrorKind::usage,
                fmt::format("`shard` slurm: the environment variable {} is not set; expected a task of a job "
                            "array (sbatch --array), or `shard` I/N",
                            name));
  }
  const std::optional<int64_t> value = whole_number(*text);
  if (!value || *value < least || *value > std::numeric_limits<int32_t>::max()) {
    throw Error(ErrorKind::usage,
                fmt::format("`shard` slurm: the environment variable {} is '{}'; expected a "
                            "whole number from {}",
                            name, printable(*text), least));
  }
  return *value;
}

Shard slurm_shard() {
  const int64_t id = slurm_number("SLURM_ARRAY_TASK_ID", 0), first = slurm_number("SLURM_ARRAY_TASK_MIN", 0);
  const int64_t of = slurm_number("SLURM_ARRAY_TASK_COUNT", 1),
                step = slurm_number("SLURM_ARRAY_TASK_STEP", 1);
  const Shard shard{.index = (id - first) / step, .of = of};
  if (id < first || (id - first) % step != 0 || shard.index >= of || of > kMostShards) {
    throw Error(ErrorKind::usage,
                fmt::format("`shard` slurm: task {} of an array of {} from {} in steps of {} is no shard; "
                            "expected an array like 0-7 or 1-15:2, or `shard` I/N",
                            id, of, first, step));
  }
  return shard;
}

}  // namespace

Shard parse_shard(std::string_view text) {
  if (text == "slurm") return slurm_shard();
  const size_t slash = text.find('/');
  const auto index = whole_number(text.substr(0, slash));
  const auto of = slash == std::string_view::npos ? std::nullopt : whole_number(text.substr(slash + 1));
  if (!index || !of || *index < 0 || *of > kMostShards || *index >= *of) {
    throw Error(ErrorKind::usage,
                fmt::format("`shard`: expected I/N, with N from 1 to {} and I from 0 to N - 1, "
                            "or slurm; found '{}'",
                            kMostShards, printable(text)));
  }
  return {.index = *index, .of = *of};
}

std::string shard_text(const Shard& shard) { return fmt::format("{}/{}", shard.index, shard.of); }

std::string shard_text(const ShardRows& rows) {
  if (rows.rows == 0) return fmt::format("{}, no rows of {}", shard_text(rows.shard), rows.list_rows);
  return fmt::format("{}, rows {} to {} of {}", shard_text(rows.shard), rows.first_row + 1,
                     rows.first_row + rows.rows, rows.list_rows);
}

}  // namespace tf_injector
