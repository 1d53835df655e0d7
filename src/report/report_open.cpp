#include "report/report_open.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <filesystem>
#include <tuple>
#include <utility>
#include <vector>

#include "core/json.hpp"
#include "core/printable.hpp"
#include "io/posix.hpp"
#include "io/posix_names.hpp"
#include "metrics/details_counter.hpp"
#include "report/folder_lock.hpp"
#include "report/report_check.hpp"
#include "report/report_names.hpp"
#include "report/score_array.hpp"
#include "report/score_files.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail {
namespace {

namespace fs = std::filesystem;

RunMetadata read_metadata(const ReportPaths& paths) {
  return parse_metadata(read_text(paths.metadata), paths.metadata);
}

ReportPaths named_paths(const std::string& report, const std::string& details) {
  return {.report = report,
          .metadata = metadata_path_of(report),
          .scores = without_suffix(report),
          .details = details};
}

// JSON is UTF-8, which names need not be.
std::string as_in_json(const std::string& name) { return Json::parse(Json(name).dump()).text(); }

// The target of a symbolic link, else the path.
std::string followed(const std::string& path) {
  std::error_code error;
  if (path.empty() || !fs::is_symlink(path, error)) return path;
  const fs::path target = fs::weakly_canonical(path, error);
  return error ? path : target.string();
}

class ReportOpener {
 public:
  ReportOpener(const ReportIdentity& identity, const ReportRequest& request, const Message& message)
      : identity_(identity), request_(request), message_(message), details_(followed(request.details)) {}

  OpenedReport open() const {
    const bool named = !request_.path.empty();
    const std::string folder = named ? posix::folder_of(named_report()) : identity_.names.folder;
    std::optional<FolderLock> lock;
    if (!request_.dry_run) {
      make_folders(folder);
      lock.emplace(folder, message_, request_.stop);
    }
    return named ? open_named() : open_in_folder();
  }

 private:
  OpenedReport open_in_folder() const {
    if (!request_.overwrite) {
      if (const auto newest = newest_unfinished()) return go_on(*newest);
    }
    const std::string stamp = free_stamp(identity_.names, time_stamp());
    ReportPaths paths = paths_of(identity_.names.folder + "/" + identity_.names.prefix() + stamp + ".csv");
    paths.scores = identity_.names.folder + "/" + stamp;
    return begin(std::move(paths));
  }

  [[nodiscard]] ReportPaths paths_of(const std::string& report) const {
    return named_paths(report, details_);
  }
  [[nodiscard]] std::string named_report() const { return followed_report_path(request_.path); }

  OpenedReport open_named() const {
    const ReportPaths paths = paths_of(named_report());
    const bool exists = file_exists(paths.report);
    require_own_metadata(paths, exists, request_.overwrite);
    if (exists && is_overwritten(paths)) return begin_anew(paths, true);
    if (!exists) {
      require_own_place(paths, request_.overwrite);
      if (!request_.overwrite) refuse_occupied(paths);
      return begin(paths);
    }
    if (request_.overwrite) return begin_anew(paths, true);
    const bool has_metadata = file_exists(paths.metadata);
    std::error_code ignored;  // a run that is killed between creating the two files leaves an empty report
    if (!has_metadata && fs::is_empty(paths.report, ignored)) return begin_anew(paths, false);
    if (request_.only_new) {
      throw Error(ErrorKind::resume,
                  fmt::format("{}: exists already; choose another `output`, or replace it with `overwrite`",
                              paths.report));
    }
    if (has_metadata) return go_on(paths);
    throw Error(
        ErrorKind::resume,
        fmt::format("{}: exists, and {} is not beside it: what it comes from is not known; choose another "
                    "`report`, or begin anew with `overwrite`",
                    paths.report, paths.metadata));
  }

  // True if a run with `overwrite` has ended while it was emptying the report: there is nothing left to lose.
  [[nodiscard]] static bool is_overwritten(const ReportPaths& paths) {
    if (!file_exists(paths.metadata)) return false;
    try {
      return read_metadata(paths).is_overwritten;
    } catch (const Error&) {  // reported where they are needed
      return false;
    }
  }

  // Refuses to start a new report if its score folder is not empty.
  void refuse_occupied(const ReportPaths& paths) const {
    std::error_code ignored;
    if (request_.scores == ScoreMode::none || !file_exists(paths.scores) ||
        fs::is_empty(paths.scores, ignored))
      return;
    throw Error(ErrorKind::resume,
                fmt::format("{}: the folder for the scores is not empty; choose another `report`, "
                            "or take it with `overwrite`",
                            paths.scores));
  }

  // The settings that differ, a line each.
  std::vector<std::string> different(const ReportPaths& paths, const RunMetadata& found) const {
    std::vector<std::string> lines = differences(found.settings, identity_.metadata.settings);
    if (found.scores != identity_.metadata.scores)
      lines.push_back(fmt::format("`scores`: {} in the report, {} now", printable(found.scores),
                                  identity_.metadata.scores));
    constexpr size_t kWhole = 5000;  // of a path
    const bool has = found.details.has_value(), wants = !paths.details.empty();
    if (has != wants || (has && !is_named_details(paths, found.details->file))) {
      lines.push_back(fmt::format("`details`: {} in the report, {} now",
                                  has ? printable(found.details->file, kWhole) : "none",
                                  wants ? printable(paths.details, kWhole) : "none"));
    }
    return lines;
  }

  std::optional<ReportPaths> newest_unfinished() const {
    struct Candidate {
      ReportPaths paths;
      RunMetadata metadata;
      [[nodiscard]] auto age() const { return std::tie(metadata.started, paths.report); }
    };
    std::optional<Candidate> newest, other;
    for (ReportPaths& paths : reports_of_folder()) {
      Candidate candidate{std::move(paths), {}};
      try {
        candidate.metadata = read_metadata(candidate.paths);
      } catch (const Error& error) {
        message_(fmt::format("left alone: {}", error.what()));
        continue;
      }
      if (candidate.metadata.finished || candidate.metadata.is_overwritten) continue;
      std::optional<Candidate>& place =
          different(candidate.paths, candidate.metadata).empty() ? newest : other;
      if (!place || place->age() < candidate.age()) place = std::move(candidate);
    }
    if (newest) return newest->paths;
    if (other) {
      message_(fmt::format("{} is unfinished, but of another run ({}); a new report is begun",
                           other->paths.report, fmt::join(different(other->paths, other->metadata), "; ")));
    }
    return std::nullopt;
  }

  // The reports of the folder that have metadata of their own.
  std::vector<ReportPaths> reports_of_folder() const {
    std::vector<ReportPaths> reports;
    int ignored = 0;
    for (const std::string& name : posix::names_in_folder(identity_.names.folder, ignored)) {
      if (!name.ends_with(".csv") || !name.starts_with(identity_.names.prefix())) continue;
      ReportPaths paths = paths_of((fs::path(identity_.names.folder) / name).string());
      if (file_exists(paths.metadata) && is_own_metadata(paths)) reports.push_back(std::move(paths));
    }
    return reports;
  }

  // True if the metadata belong to the report; otherwise a message says so.
  bool is_own_metadata(const ReportPaths& paths) const {
    try {
      require_own_metadata(paths, true, false);
      return true;
    } catch (const Error& error) {
      message_(fmt::format("left alone: {}", error.what()));
      return false;
    }
  }

  static OpenedReport opened_at(ReportPaths paths) {
    return {.paths = std::move(paths), .file = {}, .metadata = {}, .content = {}, .hash = {}, .details = {}};
  }

  OpenedReport go_on(ReportPaths paths) const {
    OpenedReport opened = opened_at(std::move(paths));
    opened.metadata = read_metadata(opened.paths);
    if (const auto lines = different(opened.paths, opened.metadata); !lines.empty()) {
      throw Error(ErrorKind::resume,
                  fmt::format("{}: is of another run; choose another `report`, or begin anew with "
                              "`overwrite`. What differs:\n  {}",
                              opened.paths.report, fmt::join(lines, "\n  ")));
    }
    if (!opened.metadata.finished && !request_.dry_run) {
      opened.file.emplace(opened.paths.report, AppendFile::Mode::open_existing);
      opened.metadata = read_metadata(opened.paths);  // another run may have written before we had the lock
    }
    take_score_folder(opened);
    opened.metadata.report = fs::path(opened.paths.report).filename().string();  // it may have been renamed
    require_possible_size(opened.paths.report);
    std::string text = read_text(opened.paths.report);
    if (opened.metadata.finished) {
      opened.state = ReportState::finished;
      opened.file.reset();
      opened.content = finished_report(text, opened.paths.report, opened.metadata, identity_.faults);
    } else {
      opened.state = ReportState::unfinished;
      opened.content = unfinished_report(text, opened.paths.report, opened.metadata, identity_.faults);
      opened.hash.update(text.data(), opened.content.complete_bytes);
      if (text.size() > opened.content.complete_bytes) {
        message_(
            fmt::format("{}: {} bytes of a block that was being written are cut off; it is computed again",
                        opened.paths.report, text.size() - opened.content.complete_bytes));
      }
    }
    require_scores(opened);
    take_details(opened);
    return opened;
  }

  // Details have the name that this run gives them: the report may have been renamed together with them.
  void take_details(OpenedReport& opened) const {
    if (!opened.metadata.details) return;
    require_own_table(opened);
    go_on_with_details(opened.paths, opened.metadata, request_.dry_run, opened.details);
    opened.metadata.details->file = details_name(opened.paths);
  }

  // What this run counts is added to the table of classes that the metadata hold: it must be as large.
  void require_own_table(const OpenedReport& opened) const {
    const RunMetadata& found = opened.metadata;
    const uint64_t cells = confusion_cells(identity_.metadata.classes);
    if (found.classes == identity_.metadata.classes && found.details->confusion.size() == cells &&
        (!found.pending || found.pending->confusion.size() == cells))
      return;
    throw Error(ErrorKind::resume,
                fmt::format("{}: its table of classes is not that of a model of {} classes: it was changed "
                            "after it was written; put it back, or begin anew with `overwrite`",
                            opened.paths.metadata, identity_.metadata.classes));
  }

  // Memory is counted for a report that has all rows of the list: what is far longer is not read.
  void require_possible_size(const std::string& report) const {
    constexpr uint64_t kMore = 1 << 20;
    std::error_code ignored;
    const uint64_t size = fs::file_size(report, ignored);
    if (ignored || size <= kMore) return;
    const uint64_t most = most_report_bytes(identity_.faults, identity_.metadata.images);
    if (size > most + kMore) {
      throw Error(
          ErrorKind::resume,
          fmt::format("{}: {} bytes, a report of this list has at most {}: it was changed after it was "
                      "written; move it away, or begin anew with `overwrite`",
                      report, size, most));
    }
  }

  // Scores of rows that the report has already are not computed again, so their files must exist.
  void require_scores(const OpenedReport& opened) const {
    const ScoreFiles scores(opened.paths.scores, request_.scores, identity_.metadata.images,
                            identity_.scores_per_image);
    std::vector<std::string> lost;
    if (request_.scores == ScoreMode::one) {
      const ScoreArray array(opened.paths.scores, identity_.faults, identity_.metadata.images,
                             identity_.scores_per_image);
      if (opened.content.golden.images == 0 || array.is_whole()) return;
      throw Error(
          ErrorKind::resume,
          fmt::format("{}: its scores, {} and {}, are missing, cut or of other faults; put them back, or "
                      "begin anew with `overwrite`",
                      opened.paths.report, array.path(), array.index_path()));
    }
    if (opened.state == ReportState::finished && !scores.has_golden()) lost.push_back(scores.golden_path());
    for (const ReportRow& row : opened.content.rows) {
      if (!scores.has_fault(row.fault.id)) lost.push_back(scores.fault_path(row.fault.id));
    }
    if (lost.empty()) return;
    throw Error(
        ErrorKind::resume,
        fmt::format("{}: {} file(s) of its scores are missing or cut, the first is {}; put them back, "
                    "or begin anew with `overwrite`",
                    opened.paths.report, lost.size(), lost.front()));
  }

  // The score folder that the report's first run chose. Only its name is used, not a path from the metadata.
  static void take_score_folder(OpenedReport& opened) {
    const std::string name = fs::path(opened.metadata.score_folder).filename().string();
    if (name == as_in_json(fs::path(opened.paths.scores).filename().string())) return;
    if (!name.empty() && name != "." && name != "..")
      opened.paths.scores = posix::folder_of(opened.paths.report) + "/" + name;
  }

  RunMetadata first_metadata(const ReportPaths& paths) const {
    RunMetadata metadata = identity_.metadata;
    metadata.report = fs::path(paths.report).filename().string();
    if (request_.scores != ScoreMode::none)
      metadata.score_folder = fs::path(paths.scores).filename().string();
    if (!paths.details.empty()) {
      metadata.details = {.file = details_name(paths),
                          .bytes = 0,
                          .sha256 = sha256_of(nullptr, 0),
                          .confusion = std::vector<int64_t>(confusion_cells(metadata.classes))};
    }
    return metadata;
  }

  OpenedReport begin(ReportPaths paths) const {
    require_own_place(paths, request_.overwrite);
    OpenedReport opened = opened_at(std::move(paths));
    opened.metadata = first_metadata(opened.paths);
    if (request_.dry_run) return opened;
    opened.file.emplace(opened.paths.report, AppendFile::Mode::create_new);
    const bool had_details = file_exists(opened.paths.details);
    try {
      begin_details(opened.paths, opened.details);
      write_atomic(opened.paths.metadata, metadata_text(opened.metadata));
    } catch (const Error&) {
      posix::unlink_file(opened.paths.report);  // the empty files that were just created
      if (opened.details.file && !had_details) posix::unlink_file(opened.paths.details);
      throw;
    }
    return opened;
  }

  void require_own_place(const ReportPaths& paths, bool overwrite) const {
    if (request_.scores != ScoreMode::none) require_own_scores(paths);
    require_own_details(paths, overwrite);
  }

  // Overwrites an existing report, and with `overwrite` details that are there. First its metadata say so: a
  // run that is killed from then on is gone on with by beginning anew. It is emptied before its metadata are
  // replaced, so that old rows never go with new metadata.
  OpenedReport begin_anew(ReportPaths paths, bool overwrite) const {
    require_own_place(paths, overwrite);
    if (has_other_names(paths.report)) {
      throw Error(
          ErrorKind::resume,
          fmt::format("{}: has another name too (a hard link), which may be another report's, so it is not "
                      "overwritten; remove this name first, or choose another `report`",
                      paths.report));
    }
    OpenedReport opened = opened_at(std::move(paths));
    opened.metadata = first_metadata(opened.paths);
    if (!request_.dry_run) opened.file.emplace(opened.paths.report, AppendFile::Mode::open_existing);
    const std::string header = report_header();
    if (!header.starts_with(read_beginning(opened.paths.report, header.size()))) {
      throw Error(ErrorKind::resume,
                  fmt::format("{}: is no report, so it is not overwritten; choose another `report`",
                              opened.paths.report));
    }
    if (request_.dry_run) return opened;
    if (overwrite) mark_overwritten(opened);
    remove_old_files(opened.paths);
    opened.file->truncate(0);
    begin_details(opened.paths, opened.details);
    write_atomic(opened.paths.metadata, metadata_text(opened.metadata));
    return opened;
  }

  // The old metadata stay, as they name the files to be removed.
  static void mark_overwritten(const OpenedReport& opened) {
    RunMetadata marked = opened.metadata;
    marked.score_folder.clear();
    marked.details.reset();
    try {
      if (file_exists(opened.paths.metadata)) marked = read_metadata(opened.paths);
    } catch (const Error&) {  // what cannot be read names no files
    }
    marked.is_overwritten = true;
    write_atomic(opened.paths.metadata, metadata_text(marked));
  }

  // Removes scores and details of the report that is overwritten; its metadata name them.
  static void remove_old_files(const ReportPaths& paths) {
    if (!file_exists(paths.metadata)) return;
    try {
      OpenedReport old = opened_at(paths);
      old.metadata = read_metadata(paths);
      remove_old_details(paths, old.metadata);
      if (old.metadata.score_folder.empty()) return;
      take_score_folder(old);
      require_own_scores(old.paths);
      remove_score_files(old.paths.scores);
    } catch (const OutputError&) {
      throw;
    } catch (const Error&) {  // metadata that cannot be read name no folder; one that is another's stays
    }
  }

  const ReportIdentity& identity_;
  const ReportRequest& request_;
  const Message& message_;
  const std::string details_;  // path; "": none are wanted
};

}  // namespace

OpenedReport open_report(const ReportIdentity& identity, const ReportRequest& request,
                         const Message& message) {
  return ReportOpener(identity, request, message).open();
}

std::string new_score_folder(const ReportIdentity& identity, const ReportRequest& request) {
  if (!request.path.empty()) {
    const ReportPaths paths = named_paths(followed_report_path(request.path), "");
    require_own_scores({.report = paths.report, .metadata = "", .scores = paths.scores});
    const std::string& folder = paths.scores;
    if (!request.dry_run) make_folders(folder);
    return folder;
  }
  std::optional<FolderLock> lock;
  if (!request.dry_run) {
    make_folders(identity.names.folder);
    lock.emplace(identity.names.folder, or_silent({}), request.stop);
  }
  const std::string folder = identity.names.folder + "/" + free_stamp(identity.names, time_stamp());
  if (!request.dry_run) make_folders(folder);
  return folder;
}

}  // namespace tf_injector::detail
