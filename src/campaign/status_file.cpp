#include "tf_injector/status_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "core/json.hpp"
#include "core/last_file.hpp"
#include "core/same_file.hpp"
#include "core/wall_clock.hpp"
#include "io/file.hpp"
#include "io/posix.hpp"
#include "io/process_identity.hpp"
#include "io/temporary_file.hpp"
#include "report/report_names.hpp"
#include "report/run_metadata.hpp"
#include "tf_injector/error.hpp"
#include "tf_injector/shard.hpp"
#include "tf_injector/version.hpp"

namespace tf_injector {
namespace {

using detail::Clock;
using detail::Json;

constexpr const char* kWhat = "tf_injector status";
constexpr uintmax_t kMostOfStatus = 1 << 20;

const char* state_name(RunState state) {
  switch (state) {
    case RunState::running:
      return "running";
    case RunState::finished:
      return "finished";
    case RunState::interrupted:
      return "interrupted";
    default:
      return "failed";
  }
}

bool is_status(const std::string& path) {
  try {
    const Json status = Json::parse(detail::read_text(path));
    const Json* what = status.find("what");
    return what != nullptr && *what == Json(kWhat);
  } catch (const std::exception&) {
    return false;
  }
}

void require_status(const std::string& path) {
  namespace fs = std::filesystem;
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (!fs::exists(status)) return;
  const uintmax_t size = fs::is_regular_file(status) ? fs::file_size(path, error) : kMostOfStatus;
  if (size == 0 || (size < kMostOfStatus && is_status(path))) return;
  throw Error(ErrorKind::usage,
              fmt::format("`status` {}: is there and holds something else than the status of a run; choose "
                          "another name, or remove it",
                          path));
}

// A symbolic link stands for the file that it leads to, also one that is not there yet.
std::string target_of(const std::string& path) {
  constexpr int kMostLinks = 40;  // as the kernel follows
  std::error_code error;
  std::filesystem::path target = path;
  for (int i = 0; i < kMostLinks && std::filesystem::is_symlink(target, error); ++i)
    target = target.parent_path() / std::filesystem::read_symlink(target, error);
  return target.string();
}

}  // namespace

struct StatusFile::State {
  std::string path, temporary;
  std::function<void(const std::string&)> warning;
  std::mutex mutex;  // of all below
  bool has_begun = false, has_ended = false, has_warned = false;
  std::string report, started;
  std::optional<std::string> shard;
  Progress progress;
  std::optional<EstimateProgress> estimate;  // none: it is a run
  std::string estimate_state;
  Clock::time_point written;

  [[nodiscard]] std::string text(RunState state, std::optional<int> exit_code,
                                 const std::string& error) const {
    Json status = {{"what", kWhat}, {"schema", 1}, {"state", state_name(state)}};
    for (const auto& [name, value] : estimate ? estimate_members(state) : run_members(state))
      status.add(name, value);
    status.add("host", detail::host_name());
    status.add("process", detail::this_process().process);
    status.add("started", started);
    status.add("updated", detail::utc_now());
    status.add("exit_code", json_or_null(exit_code));
    status.add("error", error.empty() ? Json(nullptr) : Json(error));
    status.add("version", version());
    return status.dump(2) + "\n";
  }

  using Members = std::vector<std::pair<std::string, Json>>;

  [[nodiscard]] Members estimate_members(RunState state) const {
    std::optional<double> seconds_left;
    if (state == RunState::running && estimate->share > 0 && estimate->share <= 1)
      seconds_left = estimate->seconds / estimate->share * (1 - estimate->share);
    return {
        {"estimate_state", estimate_state.empty() ? Json(nullptr) : Json(estimate_state)},
        {"shard", json_or_null(shard)},
        {"faults", estimate->faults},
        {"inferences", estimate->inferences},
        {"estimate", estimate->estimate},
        {"low", estimate->low},
        {"high", estimate->high},
        {"share", estimate->share},
        {"seconds_left", json_or_null(seconds_left)},
    };
  }

  [[nodiscard]] Members run_members(RunState state) const {
    const double done = static_cast<double>(progress.faults_before) + std::max(progress.faults_done, 0.0);
    std::optional<double> per_second, seconds_left, critical_rate;
    if (progress.seconds > 0 && progress.faults_done > 0) {
      per_second = progress.faults_done / progress.seconds;
      if (state == RunState::running)
        seconds_left = std::max(static_cast<double>(progress.faults_total) - done, 0.0) / *per_second;
    }
    if (progress.images_evaluated > 0) {
      critical_rate = static_cast<double>(progress.critical) / static_cast<double>(progress.images_evaluated);
    }
    return {
        {"report", report},
        {"shard", json_or_null(shard)},
        {"rows_written", progress.rows_written},
        // Parts of faults add up with rounding: 2.9999999 are 3.
        {"faults_done", std::min(static_cast<int64_t>(done + 1e-6), progress.faults_total)},
        {"faults_total", progress.faults_total},
        {"faults_per_second", json_or_null(per_second)},
        {"seconds_left", json_or_null(seconds_left)},
        {"critical_rate", json_or_null(critical_rate)},
    };
  }

  void write(RunState state, std::optional<int> exit_code = {}, const std::string& error = {}) {
    written = Clock::now();
    if (state == RunState::running)
      detail::set_last_file(temporary, path,
                            text(RunState::interrupted, static_cast<int>(ErrorKind::interrupted), ""));
    try {
      detail::AtomicFile file(path);
      file.write(text(state, exit_code, error));
      file.commit(detail::AtomicFile::Sync::no);
    } catch (const OutputError& failure) {
      if (!std::exchange(has_warned, true) && warning)
        warning(fmt::format("the status of the run is not kept: {}", failure.what()));
    }
    if (state != RunState::running) detail::set_last_file("", "", "");
  }

  void write_when_due() {
    if (Clock::now() - written >= std::chrono::seconds(1)) write(RunState::running);
  }

  void write_first() {
    try {
      detail::prepare_folder_for(path);
    } catch (const OutputError&) {  // the write says it
    }
    write(RunState::running);
  }
};

StatusFile::StatusFile(const std::string& path, std::function<void(const std::string&)> warning)
    : state_(std::make_unique<State>()) {
  require_status(path);
  state_->path = target_of(path);
  state_->temporary = detail::temporary_path(state_->path);
  state_->warning = std::move(warning);
}

StatusFile::~StatusFile() {
  try {
    end(RunState::failed, static_cast<int>(ErrorKind::internal));
  } catch (...) {  // no memory for the text: the status stays what it was
  }
}

void StatusFile::require_apart_from(const std::vector<std::string>& paths) const {
  for (const std::string& path : paths) {
    if (!path.empty() && detail::is_same_file(state_->path, path))
      throw Error(
          ErrorKind::usage,
          fmt::format("`status` {} would be written over '{}'; give it another name", state_->path, path));
  }
}

void StatusFile::require_apart_from_report(const std::string& report) const {
  if (report.empty()) return;
  const std::string stem = detail::without_suffix(report);
  require_apart_from({report, report + ".lock", stem, stem + ".run.json", stem + ".run.part",
                      stem + ".run.part.scores", stem + ".run.golden"});
  if (detail::is_same_file(detail::posix::folder_of(state_->path), stem)) {
    throw Error(ErrorKind::usage, fmt::format("`status` {} is in the folder of scores of '{}'; give it "
                                              "another name",
                                              state_->path, report));
  }
}

void StatusFile::begin(const CsvReport& report, const Campaign& campaign) {
  require_apart_from_report(report.path());
  require_apart_from({report.details_path()});
  const std::lock_guard lock(state_->mutex);
  state_->has_begun = true;
  state_->report = report.path();
  state_->started = detail::utc_now();
  if (const auto& shard = campaign.faults()->shard()) state_->shard = shard_text(shard->shard);
  state_->progress.faults_total = static_cast<int64_t>(campaign.faults()->size());
  for (const ReportRow& row : report.rows_before()) {
    state_->progress.critical += row.tally.critical();
    state_->progress.images_evaluated += row.tally.images;
  }
  state_->progress.faults_before = state_->progress.rows_written = report.rows();
  state_->write_first();
}

void StatusFile::begin(const EstimateOptions& options) {
  const std::lock_guard lock(state_->mutex);
  state_->has_begun = true;
  state_->started = detail::utc_now();
  state_->estimate_state = options.state_path;
  if (options.shard) state_->shard = shard_text(*options.shard);
  state_->estimate = EstimateProgress{.high = 1};
  state_->write_first();
}

void StatusFile::progress(const EstimateProgress& progress) {
  const std::lock_guard lock(state_->mutex);
  state_->estimate = progress;
  state_->write_when_due();
}

void StatusFile::progress(const Progress& progress) {
  const std::lock_guard lock(state_->mutex);
  state_->progress = progress;
  state_->write_when_due();
}

void StatusFile::end(RunState state, int exit_code, const std::string& error) {
  const std::lock_guard lock(state_->mutex);
  if (!state_->has_begun || std::exchange(state_->has_ended, true)) return;
  state_->write(state, exit_code, error);
}

}  // namespace tf_injector
