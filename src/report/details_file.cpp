#include "report/details_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <vector>

#include "core/printable.hpp"
#include "io/posix.hpp"
#include "io/posix_names.hpp"
#include "report/details_csv.hpp"
#include "report/report_check.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail {
namespace {

namespace fs = std::filesystem;

constexpr const char* kDetailsRemedy = "put it back, or begin anew with `overwrite`";

[[noreturn]] void refuse_details(const std::string& path, const std::string& what) {
  throw Error(ErrorKind::resume, fmt::format("{}: {}", path, what));
}

bool is_empty_file(const std::string& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored) && fs::file_size(path, ignored) == 0;
}

bool holds_details(const std::string& path) {
  std::error_code ignored;
  const std::string header = details_header();
  return fs::is_regular_file(path, ignored) && header.starts_with(read_beginning(path, header.size()));
}

// Bytes begin..end-1 of a file are added to the hash, piece by piece: memory is not counted for the text.
// Returns whether a sector of them was never written.
bool hash_part(const std::string& path, uint64_t begin, uint64_t end, Sha256& hash) {
  const posix::UniqueFd file = posix::open_file(path, O_RDONLY);
  std::vector<char> piece(1 << 16);
  bool has_gap = false;
  if (::lseek(file.get(), static_cast<off_t>(begin), SEEK_SET) < 0) return has_gap;
  for (uint64_t at = begin; at < end;) {
    const uint64_t to_border = piece.size() - at % piece.size();  // sectors are not cut
    const ptrdiff_t count = posix::read_full(file.get(), piece.data(), std::min(end - at, to_border));
    if (count <= 0) break;
    const std::string_view read(piece.data(), static_cast<size_t>(count));
    hash.update(read.data(), read.size());
    has_gap = has_gap || has_unwritten_sector(read, at);
    at += read.size();
  }
  return has_gap;
}

// What follows the recorded bytes, whose hash is given.
void require_part_of_pending(const std::string& path, uint64_t size, const RunMetadata& metadata,
                             Sha256 hash) {
  const uint64_t recorded = metadata.details->bytes;
  const uint64_t announced = metadata.pending ? metadata.pending->details_bytes : recorded;
  const int64_t rows = metadata.pending ? metadata.pending->rows : metadata.rows;
  const auto refuse = [&](const std::string& what) {
    refuse_details(path, fmt::format("{}; {}", what, kDetailsRemedy));
  };
  if (size > announced) refuse(unknown_bytes_text(size - announced, rows));
  if (size < announced || size == recorded) return;
  if (!hash_part(path, recorded, size, hash) && hash.hex() != metadata.pending->details_sha256)
    refuse(changed_rows_text(metadata.rows + 1, rows));
}

}  // namespace

std::string named_details(const ReportPaths& paths, const std::string& name) {
  return (fs::path(posix::folder_of(paths.report)) / name).string();
}

std::string details_name(const ReportPaths& paths) {
  std::error_code ignored;
  if (fs::equivalent(posix::folder_of(paths.details), posix::folder_of(paths.report), ignored))
    return fs::path(paths.details).filename().string();
  return fs::weakly_canonical(paths.details, ignored).string();
}

bool is_named_details(const ReportPaths& paths, const std::string& name) {
  if (name == details_name(paths)) return true;
  const std::string named = named_details(paths, name);
  std::error_code ignored;
  if (fs::equivalent(named, paths.details, ignored)) return true;
  return !file_exists(named) && file_exists(paths.details);
}

namespace {

// Whether a report of another folder can have no details there: they are beside this report, or its own
// metadata name them.
bool is_known_place(const ReportPaths& paths) {
  std::error_code ignored;
  if (fs::equivalent(posix::folder_of(paths.details), posix::folder_of(paths.report), ignored)) return true;
  if (!file_exists(paths.metadata)) return false;
  try {
    const RunMetadata metadata = parse_metadata(read_text(paths.metadata), paths.metadata);
    return metadata.details && is_named_details(paths, metadata.details->file);
  } catch (const Error&) {  // reported where they are needed
    return false;
  }
}

}  // namespace

void require_own_details(const ReportPaths& paths, bool overwrite) {
  const std::string& path = paths.details;
  if (path.empty() || !file_exists(path)) return;
  if (const std::string owner = other_owner_of_details(paths); !owner.empty())
    refuse_details(path, fmt::format("holds the details of the report {}; choose other `details`",
                                     printable(owner, kUncut)));
  if (is_empty_file(path)) return;  // of a run that was killed before it wrote anything
  if (overwrite && !is_known_place(paths)) {
    refuse_details(path,
                   fmt::format("lies in another folder than {}, whose metadata do not name it: it may hold "
                               "another report's details, so it is not overwritten; remove it first, or "
                               "choose other `details`",
                               paths.report));
  }
  if (!overwrite)
    refuse_details(path, "exists already; choose other `details`, or take the file's place with `overwrite`");
  if (!holds_details(path))
    refuse_details(path, "holds no details, so it is not overwritten; choose other `details`");
  if (has_other_names(path)) {
    refuse_details(
        path,
        "has another name too (a hard link), so it is not overwritten; remove this name first, or choose "
        "other `details`");
  }
}

void begin_details(const ReportPaths& paths, OpenedDetails& opened) {
  if (paths.details.empty()) return;
  const bool exists = file_exists(paths.details);
  opened.file.emplace(paths.details, exists ? AppendFile::Mode::open_existing : AppendFile::Mode::create_new);
  if (exists) opened.file->truncate(0);
}

void go_on_with_details(const ReportPaths& paths, const RunMetadata& metadata, bool dry_run,
                        OpenedDetails& opened) {
  const std::string& path = paths.details;
  if (path.empty()) return;
  if (!file_exists(path)) {
    refuse_details(path, fmt::format("the details of {} are not there; {}", paths.report, kDetailsRemedy));
  }
  if (!metadata.finished && !dry_run) opened.file.emplace(path, AppendFile::Mode::open_existing);
  const DetailsMetadata& recorded = metadata.details.value();
  std::error_code ignored;
  const uint64_t size = fs::file_size(path, ignored);
  if (size < recorded.bytes) {
    refuse_details(
        path, fmt::format(
                  "{} bytes, the metadata of {} speak of {}: it was cut or changed after it was written; {}",
                  size, paths.report, recorded.bytes, kDetailsRemedy));
  }
  hash_part(path, 0, recorded.bytes, opened.hash);
  if (opened.hash.hex() != recorded.sha256) {
    refuse_details(path,
                   fmt::format("its first {} bytes are not those that the metadata of {} speak of: it was "
                               "changed after it was written; {}",
                               recorded.bytes, paths.report, kDetailsRemedy));
  }
  if (metadata.finished && size != recorded.bytes)
    refuse_details(path, fmt::format("was added to after the run that finished it; {}", kDetailsRemedy));
  // Version 0.1.0 did not say what it was about to write.
  if (metadata.names_pending) require_part_of_pending(path, size, metadata, opened.hash);
}

void remove_old_details(const ReportPaths& paths, const RunMetadata& metadata) {
  if (!metadata.details || metadata.details->file.empty()) return;
  // Only a file beside the report: where metadata name a path, nothing says that they are right.
  const fs::path name = fs::path(metadata.details->file).filename();
  if (name != metadata.details->file) return;
  ReportPaths old = paths;
  old.details = named_details(paths, name.string());
  std::error_code ignored;
  if (!paths.details.empty() && fs::equivalent(old.details, paths.details, ignored)) return;
  if (fs::is_symlink(old.details, ignored) || !holds_details(old.details) || has_other_names(old.details))
    return;
  if (!other_owner_of_details(old).empty()) return;
  const int error = posix::unlink_file(old.details);
  if (error != 0 && error != ENOENT) throw OutputError(posix::describe("remove", old.details, error));
}

}  // namespace tf_injector::detail
