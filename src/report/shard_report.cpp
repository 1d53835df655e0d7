#include "report/shard_report.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <utility>
#include <vector>

#include "core/printable.hpp"
#include "core/problem_lines.hpp"
#include "core/stop.hpp"
#include "io/file.hpp"
#include "io/posix.hpp"
#include "io/sha256.hpp"
#include "report/csv_report.hpp"
#include "report/details_csv.hpp"
#include "report/details_file.hpp"
#include "report/report_names.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail {
namespace {

constexpr size_t kPiece = 1 << 20;
constexpr size_t kLongestLine = 1 << 20;

[[noreturn]] void refuse_shard(const std::string& path, const std::string& what) {
  throw Error(ErrorKind::resume, fmt::format("{}: {}", path, what));
}

std::string changed_text(const std::string& what) {
  return fmt::format("{}: it was cut or changed after it was written; run the shard again", what);
}

// What the metadata say of a file.
struct RecordedFile {
  const std::string& path;
  const std::string& label;
  uint64_t bytes;
  const std::string& sha256;
};

// Its whole lines, piece by piece; then it is certain that they are those that were recorded.
void visit_lines(const RecordedFile& of, const std::atomic<bool>* stop,
                 const std::function<void(std::string_view)>& visit) {
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(of.path, ignored)) refuse_shard(of.label, "is no file that is there");
  const posix::UniqueFd file = posix::open_file(of.path, O_RDONLY);
  if (!file.valid()) refuse_shard(of.label, posix::describe("read", of.label, errno));
  Sha256 hash;
  std::string lines;
  uint64_t bytes = 0;
  for (bool is_end = false; !is_end;) {
    check_stop(stop);
    const size_t kept = lines.size();
    lines.resize(kept + kPiece);
    const ptrdiff_t count = posix::read_full(file.get(), lines.data() + kept, kPiece);
    if (count < 0) refuse_shard(of.label, posix::describe("read", of.label, errno));
    lines.resize(kept + static_cast<size_t>(count));
    hash.update(lines.data() + kept, static_cast<size_t>(count));
    bytes += static_cast<uint64_t>(count);
    if (bytes > of.bytes) break;
    is_end = static_cast<size_t>(count) < kPiece;
    const size_t end = is_end ? lines.size() : lines.rfind('\n') + 1;  // 0: none
    if (end == 0 && lines.size() > kLongestLine)
      refuse_shard(of.label, changed_text("a line of more than 1 MiB"));
    if (end > 0) visit(std::string_view(lines).substr(0, end));
    lines.erase(0, end);
  }
  if (bytes != of.bytes) {
    const char* more = bytes > of.bytes ? "more bytes" : "fewer bytes";
    refuse_shard(of.label, changed_text(fmt::format("{} than the {} of its metadata", more, of.bytes)));
  }
  if (hash.hex() != of.sha256)
    refuse_shard(of.label,
                 changed_text(fmt::format("its {} bytes are not those that its metadata speak of", bytes)));
}

RecordedFile report_file(const ShardReport& shard) {
  return {shard.paths.report, shard.path, shard.metadata.report_bytes, shard.metadata.report_sha256};
}

RunMetadata metadata_of_shard(const ShardReport& shard) {
  if (!file_exists(shard.paths.report)) refuse_shard(shard.path, "is not there");
  if (!file_exists(shard.paths.metadata)) {
    refuse_shard(shard.path,
                 fmt::format("{} is not beside it: what it comes from is not known", shard.paths.metadata));
  }
  RunMetadata metadata;
  try {
    metadata = parse_metadata(read_text(shard.paths.metadata), shard.paths.metadata);
  } catch (const Error& error) {
    refuse_shard(shard.path, error.what());
  }
  if (!metadata.settings.shard) refuse_shard(shard.path, "is no report of a shard (`shard` of its run)");
  const ShardRows& rows = *metadata.settings.shard;
  if (!metadata.finished || metadata.is_overwritten) {
    refuse_shard(shard.path, fmt::format("shard {} is unfinished: {} of {} rows; the command that wrote it "
                                         "goes on with it",
                                         shard_text(rows.shard), metadata.rows, rows.rows));
  }
  if (metadata.rows != rows.rows || metadata.faults != rows.rows || metadata.images < 1 ||
      metadata.images > kMostReportImages)
    refuse_shard(shard.path,
                 fmt::format("{} contradict themselves: they were changed", shard.paths.metadata));
  return metadata;
}

// The first two lines, and the rest.
std::pair<std::string_view, std::string_view> parted(std::string_view lines) {
  const size_t header = lines.find('\n');
  const size_t golden = header == std::string_view::npos ? header : lines.find('\n', header + 1);
  if (golden == std::string_view::npos) return {lines, {}};
  return {lines.substr(0, golden + 1), lines.substr(golden + 1)};
}

// Each with its rows, which are checked strictly; false: they are none.
bool visit_parsed(const std::string& head, const std::string& label, std::string_view lines,
                  const std::function<void(const Report&)>& visit) {
  try {
    const std::string text = head + std::string(lines);
    const Report report = parse_report(text, label);
    if (report.golden.images == 0 || report.complete_bytes != text.size()) return false;
    visit(report);
    return true;
  } catch (const Error&) {
    return false;
  }
}

void require_score_file(const ShardReport& shard, const std::string& file, bool is_there) {
  if (!is_there)
    refuse_shard(shard.path, fmt::format("{}, of its scores, is missing or cut; run the shard again",
                                         printable(file, kUncut)));
}

// The rows and their scores' files.
void read_rows(ShardReport& shard, const std::atomic<bool>* stop) {
  const ScoreFiles scores = shard.scores();
  bool is_report = true;
  int64_t rows = 0;
  std::string lost;
  visit_lines(report_file(shard), stop, [&](std::string_view lines) {
    if (shard.head.empty()) {
      const auto [head, rest] = parted(lines);
      shard.head = head;
      lines = rest;
    }
    is_report = is_report && visit_parsed(shard.head, shard.path, lines, [&](const Report& report) {
                  rows += static_cast<int64_t>(report.rows.size());
                  for (const ReportRow& row : report.rows)
                    if (scores.mode() != ScoreMode::one && lost.empty() && !scores.has_fault(row.fault.id))
                      lost = scores.fault_path(row.fault.id);
                });
  });
  if (!is_report || rows != shard.metadata.rows)
    refuse_shard(shard.path,
                 changed_text(fmt::format("it has not the {} rows of a report", shard.metadata.rows)));
  if (scores.mode() == ScoreMode::one) return;
  require_score_file(shard, lost, lost.empty());
  require_score_file(shard, scores.golden_path(), scores.has_golden());
}

// The setting that differs first, as "name: this, that"; "": none.
std::string foreign_setting(const ShardReport& shard, const ShardReport& first) {
  const auto settings_of = [](const ShardReport& of) {
    RunSettings settings = of.metadata.settings;
    settings.shard.reset();
    auto readable = readable_settings(settings);
    readable.emplace_back("`scores`", of.metadata.scores);
    readable.emplace_back("`details`", of.metadata.details ? "given" : "not given");
    readable.emplace_back("the number of images", std::to_string(of.metadata.images));
    readable.emplace_back("the number of classes", std::to_string(of.metadata.classes));
    readable.emplace_back("the rows of the list", std::to_string(of.shard().list_rows));
    readable.emplace_back("the golden row", of.head.substr(of.head.find('\n') + 1));
    return readable;
  };
  const auto of_shard = settings_of(shard), of_first = settings_of(first);
  for (size_t i = 0; i < of_first.size(); ++i) {
    if (of_shard[i].second == of_first[i].second) continue;
    return fmt::format("{}: {} here, {} there", of_first[i].first, printable(of_shard[i].second, 200),
                       printable(of_first[i].second, 200));
  }
  return "";
}

// Where a shard begins or ends, as a part of the list.
struct Fraction {
  int64_t of_whole, whole;
  friend bool operator<(const Fraction& a, const Fraction& b) {
    return a.of_whole * b.whole < b.of_whole * a.whole;
  }
};
Fraction begin_of(const ShardReport& shard) { return {shard.shard().shard.index, shard.shard().shard.of}; }
Fraction end_of(const ShardReport& shard) { return {shard.shard().shard.index + 1, shard.shard().shard.of}; }

bool is_same_shard(const ShardReport& a, const ShardReport& b) { return a.shard() == b.shard(); }

std::string named(const ShardReport& shard) {
  return fmt::format("{} (shard {})", shard.path, shard_text(shard.shard()));
}

// Between two of them, or before the first or behind the last. Where all are of the same N, their numbers.
std::string missing_text(const Fraction& from, const Fraction& to, int64_t common) {
  if (common == 0) {
    return fmt::format("the shards from {}/{} to {}/{} of the list are missing", from.of_whole, from.whole,
                       to.of_whole, to.whole);
  }
  const int64_t first = from.of_whole * (common / from.whole), last = to.of_whole * (common / to.whole) - 1;
  if (first == last) return fmt::format("shard {}/{} is missing", first, common);
  return fmt::format("shards {}/{} to {}/{} are missing", first, common, last, common);
}

// What keeps them from being the whole list, a line each.
std::vector<std::string> gaps_of(const std::vector<ShardReport>& shards) {
  const int64_t of = shards.front().shard().shard.of;
  const bool is_common = std::all_of(shards.begin(), shards.end(),
                                     [&](const ShardReport& shard) { return shard.shard().shard.of == of; });
  const int64_t common = is_common ? of : 0;
  std::vector<std::string> lines;
  Fraction end{0, 1};
  int64_t rows = 0;
  const ShardReport* last = nullptr;
  for (const ShardReport& shard : shards) {
    if (end < begin_of(shard)) {
      lines.push_back(missing_text(end, begin_of(shard), common));
    } else if (begin_of(shard) < end) {
      lines.push_back(
          is_same_shard(shard, *last)
              ? fmt::format("{} and {} are both shard {}", last->path, shard.path, shard_text(shard.shard()))
              : fmt::format("{} has rows that {} has too", named(shard), named(*last)));
      continue;
    } else if (shard.shard().first_row != rows) {
      lines.push_back(
          fmt::format("{} does not begin where {} ends: they were cut by different versions of the "
                      "program, or changed",
                      named(shard), last == nullptr ? "nothing" : named(*last)));
    }
    end = end_of(shard);
    rows = shard.shard().first_row + shard.shard().rows;
    last = &shard;
  }
  if (end < Fraction{1, 1}) {
    lines.push_back(missing_text(end, {1, 1}, common));
  } else if (lines.empty() && rows != shards.front().shard().list_rows) {
    lines.push_back(fmt::format("{} does not end with the list: it was changed", named(*last)));
  }
  return lines;
}

}  // namespace

ScoreFiles ShardReport::scores() const {
  const ScoreMode mode = score_mode_of(metadata.scores).value_or(ScoreMode::none);
  return {paths.scores, mode, metadata.images, metadata.settings.threshold ? 1 : metadata.classes};
}

ScoreArray ShardReport::score_array_in(const std::string& folder, const std::vector<int64_t>& ids) const {
  return {folder, ids.size(), [&ids](size_t row) { return ids[row]; }, metadata.images,
          metadata.settings.threshold ? 1 : metadata.classes};
}

ShardReport read_shard(const std::string& path, const std::atomic<bool>* stop) {
  ShardReport shard{.path = path, .paths = {}, .metadata = {}, .head = {}};
  shard.paths.report = followed_report_path(path);
  shard.paths.metadata = metadata_path_of(shard.paths.report);
  shard.metadata = metadata_of_shard(shard);
  const std::string folder = std::filesystem::path(shard.metadata.score_folder).filename().string();
  shard.paths.scores = folder.empty() ? without_suffix(shard.paths.report)
                                      : posix::folder_of(shard.paths.report) + "/" + folder;
  read_rows(shard, stop);
  if (shard.scores().mode() == ScoreMode::one) {
    const std::vector<int64_t> ids = ids_of(shard, stop);
    const ScoreArray array = shard.score_array(ids);
    require_score_file(shard, fmt::format("{} or {}", array.path(), array.index_path()), array.is_whole());
  }
  if (!shard.metadata.details) return shard;
  shard.paths.details = named_details(shard.paths, shard.metadata.details->file);
  visit_details(shard, stop, [](std::string_view) {});
  return shard;
}

void visit_rows(const ShardReport& shard, const std::atomic<bool>* stop,
                const std::function<void(std::string_view)>& visit) {
  bool is_first = true;
  visit_lines(report_file(shard), stop, [&](std::string_view lines) {
    if (std::exchange(is_first, false)) lines = parted(lines).second;
    if (!lines.empty()) visit(lines);
  });
}

void visit_details(const ShardReport& shard, const std::atomic<bool>* stop,
                   const std::function<void(std::string_view)>& visit) {
  const DetailsMetadata& details = *shard.metadata.details;
  const std::string header = details_header();
  const std::string label =
      fmt::format("{}: its details {}", shard.path, printable(shard.paths.details, kUncut));
  bool is_first = true;
  visit_lines({shard.paths.details, label, details.bytes, details.sha256}, stop, [&](std::string_view lines) {
    if (std::exchange(is_first, false)) {
      if (!lines.starts_with(header)) refuse_shard(label, changed_text("they do not begin as details do"));
      lines.remove_prefix(header.size());
    }
    if (!lines.empty()) visit(lines);
  });
}

void visit_ids(const ShardReport& shard, std::string_view lines, const std::function<void(int64_t)>& visit) {
  visit_parsed(shard.head, shard.path, lines, [&](const Report& report) {
    for (const ReportRow& row : report.rows) visit(row.fault.id);
  });
}

std::vector<int64_t> ids_of(const ShardReport& shard, const std::atomic<bool>* stop) {
  std::vector<int64_t> ids;
  ids.reserve(static_cast<size_t>(shard.metadata.rows));
  visit_rows(shard, stop, [&](std::string_view lines) {
    visit_ids(shard, lines, [&](int64_t id) { ids.push_back(id); });
  });
  return ids;
}

void require_all_shards(std::vector<ShardReport>& shards) {
  ProblemLines problems;
  const ShardReport& first = shards.front();
  for (const ShardReport& shard : shards) {
    if (const std::string what = foreign_setting(shard, first); !what.empty())
      problems.add(fmt::format("{}: is of another run than {}; {}", shard.path, first.path, what));
  }
  if (problems.empty()) {
    std::stable_sort(shards.begin(), shards.end(), [](const ShardReport& a, const ShardReport& b) {
      if (begin_of(a) < begin_of(b)) return true;
      return !(begin_of(b) < begin_of(a)) && end_of(a) < end_of(b);
    });
    for (const std::string& line : gaps_of(shards)) problems.add(line);
  }
  if (!problems.empty()) throw Error(ErrorKind::resume, problems.text());
}

}  // namespace tf_injector::detail
