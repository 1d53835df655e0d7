#include "report/merge.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <optional>
#include <utility>

#include "core/printable.hpp"
#include "core/problem_lines.hpp"
#include "core/same_bits.hpp"
#include "core/stop.hpp"
#include "io/file.hpp"
#include "io/posix.hpp"
#include "io/posix_names.hpp"
#include "io/temporary_file.hpp"
#include "report/details_csv.hpp"
#include "tf_injector/error.hpp"
#include "tf_injector/version.hpp"

namespace tf_injector::detail {
namespace {

constexpr int64_t kMostCount = int64_t{1} << 46;  // that metadata may have

bool is_same_place(const std::string& a, const std::string& b) {
  std::error_code ignored;
  return !a.empty() && !b.empty() && std::filesystem::equivalent(a, b, ignored);
}

void copy_file(const std::string& from, const std::string& to, const std::atomic<bool>* stop) {
  const posix::UniqueFd file = posix::open_file(from, O_RDONLY);
  const auto fail = [&] {
    throw Error(ErrorKind::resume, posix::describe("read", printable(from, kUncut), errno));
  };
  if (!file.valid()) fail();
  AtomicFile copy(to);
  std::string piece(1 << 20, '\0');
  for (ptrdiff_t count = 1; count > 0;) {
    check_stop(stop);
    count = posix::read_full(file.get(), piece.data(), piece.size());
    if (count < 0) fail();
    copy.write(std::string_view(piece).substr(0, static_cast<size_t>(count)));
  }
  copy.commit();
}

std::vector<ShardReport> read_shards(const std::vector<std::string>& paths, const std::atomic<bool>* stop) {
  std::vector<ShardReport> shards;
  ProblemLines problems;
  for (const std::string& path : paths) {
    check_stop(stop);
    try {
      shards.push_back(read_shard(path, stop));
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::resume && error.kind() != ErrorKind::bad_input &&
          error.kind() != ErrorKind::output)
        throw;
      problems.add(error.what());
      continue;
    }
    if (shards.size() > 1) {  // what all have in common is kept once
      shards.back().metadata.steps.clear();
      shards.back().metadata.layers.clear();
    }
  }
  if (!problems.empty()) throw Error(ErrorKind::resume, problems.text());
  require_all_shards(shards);
  return shards;
}

std::vector<float> golden_place(const ShardReport& shard, const std::atomic<bool>* stop) {
  const std::vector<int64_t> ids = ids_of(shard, stop);
  ScoreArray array = shard.score_array(ids);
  array.open_to_read();
  std::vector<float> scores(shard.scores().scores());
  array.read(0, scores);
  return scores;
}

void require_same_golden_places(const std::vector<ShardReport>& shards, const std::atomic<bool>* stop) {
  const std::vector<float> first = golden_place(shards.front(), stop);
  for (const ShardReport& shard : shards) {
    if (same_bits(golden_place(shard, stop), first)) continue;
    throw Error(ErrorKind::resume,
                fmt::format("{}: place 0 of {} is not the same as that of {}: scores without a fault are",
                            shard.path, shard.paths.scores, shards.front().paths.scores));
  }
}

void require_same_golden_scores(const std::vector<ShardReport>& shards, const std::atomic<bool>* stop) {
  const ScoreFiles first = shards.front().scores();
  if (first.mode() == ScoreMode::none) return;
  if (first.mode() == ScoreMode::one) return require_same_golden_places(shards, stop);
  const std::string hash = sha256_of_file(first.golden_path());
  for (const ShardReport& shard : shards) {
    const std::string golden = shard.scores().golden_path();
    if (sha256_of_file(golden) == hash) continue;
    throw Error(ErrorKind::resume,
                fmt::format("{}: {} differs from {}, but scores without a fault are the same", shard.path,
                            printable(golden, kUncut), printable(first.golden_path(), kUncut)));
  }
}

// Of the report before it has rows. Until it is whole its metadata say that what stands there is of no use.
RunMetadata merged_metadata(const std::vector<ShardReport>& shards, const MergeOptions& options) {
  const ShardReport& first = shards.front();
  RunMetadata m = parse_metadata(read_text(first.paths.metadata), first.paths.metadata);
  m.tool_version = version();
  m.command_line = options.command_line;
  std::erase_if(m.configuration.flags, [](const GivenFlag& flag) {  // what was this shard's own
    return flag.name == "shard" || flag.name == "report" || flag.name == "details" ||
           flag.name == "overwrite";
  });
  m.faults = first.shard().list_rows;
  m.settings.shard.reset();
  m.score_folder.clear();
  m.finished = false;
  m.is_overwritten = true;
  m.rows = 0;
  m.report_bytes = 0;
  m.report_sha256 = sha256_of(nullptr, 0);
  m.details.reset();
  m.seconds = 0;
  m.check = {};
  for (const ShardReport& shard : shards) {
    if (m.plan.empty()) m.plan = shard.metadata.plan;
    m.seconds += shard.metadata.seconds;
    m.check += shard.metadata.check;
    m.started = std::min(m.started, shard.metadata.started);
  }
  return m;
}

ScoreMode mode_of(const ShardReport& shard) { return shard.scores().mode(); }

class Merger {
 public:
  Merger(const std::vector<ShardReport>& shards, const MergeOptions& options, const Message& message)
      : shards_(shards), options_(options) {
    identity_.metadata = merged_metadata(shards, options);
    request_.path = options.path;
    request_.scores = mode_of(shards.front());
    request_.overwrite = options.overwrite;
    request_.only_new = true;
    request_.stop = options.stop;
    if (shards.front().metadata.details) {
      request_.details = !options.details_path.empty() ? options.details_path
                                                       : without_suffix(options.path) + ".details.csv";
    }
    require_other_places();
    opened_ = open_report(identity_, request_, message);
    remove_abandoned_files(posix::folder_of(opened_.paths.report), false);
    if (request_.scores != ScoreMode::none) remove_abandoned_files(opened_.paths.scores, true);
    if (!request_.details.empty()) remove_abandoned_files(posix::folder_of(opened_.paths.details), false);
  }

  MergedReport write() {
    try {
      write_scores();
      const bool has_details = opened_.details.file.has_value();
      if (has_details) write_details();
      write_report();
      return {.path = opened_.paths.report,
              .metadata_path = opened_.paths.metadata,
              .score_folder = request_.scores == ScoreMode::none ? "" : opened_.paths.scores,
              .details_path = has_details ? opened_.paths.details : "",
              .rows = opened_.metadata.rows};
    } catch (...) {
      remove_all();
      throw;
    }
  }

 private:
  // A shard must outlive what is made of it.
  void require_other_places() const {
    for (const ShardReport& shard : shards_) {
      if (is_same_place(shard.paths.report, options_.path) ||
          is_same_place(shard.paths.details, request_.details) ||
          is_same_place(shard.paths.report, request_.details) ||
          is_same_place(shard.paths.details, options_.path)) {
        throw Error(
            ErrorKind::usage,
            fmt::format("`output`: {} would take the place of a shard; choose another name", options_.path));
      }
    }
  }

  void write_scores() {
    const ScoreFiles to(opened_.paths.scores, request_.scores, identity_.metadata.images, 1);
    if (to.mode() == ScoreMode::none) return;
    to.prepare();
    if (to.mode() == ScoreMode::one) return write_array();
    copy_file(shards_.front().scores().golden_path(), to.golden_path(), options_.stop);
    for (const ShardReport& shard : shards_) {
      const ScoreFiles from = shard.scores();
      visit_rows(shard, options_.stop, [&](std::string_view lines) {
        visit_ids(shard, lines,
                  [&](int64_t id) { copy_file(from.fault_path(id), to.fault_path(id), options_.stop); });
      });
    }
  }

  void write_array() {
    std::vector<int64_t> ids;
    for (const ShardReport& shard : shards_) {
      const std::vector<int64_t> more = ids_of(shard, options_.stop);
      ids.insert(ids.end(), more.begin(), more.end());
    }
    ScoreArray to = shards_.front().score_array_in(opened_.paths.scores, ids);
    to.begin(golden_place(shards_.front(), options_.stop), 0);
    std::vector<float> scores(shards_.front().scores().scores());
    size_t place = 1;
    for (const ShardReport& shard : shards_) {
      const std::vector<int64_t> own = ids_of(shard, options_.stop);
      ScoreArray from = shard.score_array(own);
      from.open_to_read();
      for (size_t row = 0; row < own.size(); ++row) {
        check_stop(options_.stop);
        from.read(row + 1, scores);
        to.write(place++, scores);
      }
    }
    to.sync();
  }

  void write_details() {
    AtomicFile file(opened_.paths.details);
    DetailsMetadata& details = *opened_.metadata.details;
    Sha256 hash;
    details.bytes = 0;
    const auto add = [&](std::string_view lines) {
      file.write(lines);
      hash.update(lines.data(), lines.size());
      details.bytes += lines.size();
    };
    add(details_header());
    for (const ShardReport& shard : shards_) {
      visit_details(shard, options_.stop, add);
      add_confusion(shard, details.confusion);
    }
    details.sha256 = hash.hex();
    opened_.details.file->require_untouched();
    file.commit();
  }

  static void add_confusion(const ShardReport& shard, std::vector<int64_t>& sum) {
    const std::vector<int64_t>& more = shard.metadata.details->confusion;
    bool fits = more.size() == sum.size();
    for (size_t i = 0; fits && i < sum.size(); ++i) fits = (sum[i] += more[i]) <= kMostCount;
    if (!fits) {
      throw Error(ErrorKind::resume,
                  fmt::format("{}: its table of classes is not that of a model of {} classes: it "
                              "was changed after it was written",
                              shard.paths.metadata, shard.metadata.classes));
    }
  }

  void write_report() {
    RunMetadata& m = opened_.metadata;
    AtomicFile file(opened_.paths.report);
    Sha256 hash;
    const auto add = [&](std::string_view lines) {
      file.write(lines);
      hash.update(lines.data(), lines.size());
      m.report_bytes += lines.size();
    };
    add(shards_.front().head);
    for (const ShardReport& shard : shards_) visit_rows(shard, options_.stop, add);
    opened_.file->require_untouched();
    file.commit();
    m.rows = m.faults;
    m.report_sha256 = hash.hex();
    m.is_overwritten = false;
    m.finished = true;
    m.updated = utc_now();
    write_atomic(opened_.paths.metadata, metadata_text(m));
  }

  // What was there before is gone: `overwrite` has emptied it.
  void remove_all() noexcept {
    try {
      if (request_.scores != ScoreMode::none && file_exists(opened_.paths.scores)) {
        remove_score_files(opened_.paths.scores);
        std::error_code ignored;
        std::filesystem::remove(opened_.paths.scores, ignored);  // if it is empty
      }
      if (!opened_.paths.details.empty()) posix::unlink_file(opened_.paths.details);
      posix::unlink_file(opened_.paths.metadata);
      posix::unlink_file(opened_.paths.report);
    } catch (...) {  // its metadata say that it is of no use
    }
  }

  const std::vector<ShardReport>& shards_;
  const MergeOptions& options_;
  ReportIdentity identity_{.names = {}, .metadata = {}, .faults = {}, .scores_per_image = 0};
  ReportRequest request_;
  OpenedReport opened_;
};

}  // namespace

MergedReport merge(const std::vector<std::string>& shards, const MergeOptions& options,
                   const Message& message) {
  const std::vector<ShardReport> read = read_shards(shards, options.stop);
  if (!options.details_path.empty() && !read.front().metadata.details)
    throw Error(ErrorKind::usage, "`details`: the shards have none");
  require_same_golden_scores(read, options.stop);
  message(fmt::format("{} shards with {} rows", read.size(), read.front().shard().list_rows));
  return Merger(read, options, message).write();
}

}  // namespace tf_injector::detail
