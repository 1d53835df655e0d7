#include "answers/verify/expected_files.hpp"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "answers/verify/csv_lines.hpp"
#include "io/file.hpp"
#include "report/report_names.hpp"
#include "report/score_array.hpp"

namespace tf_injector::detail {
namespace {

namespace fs = std::filesystem;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Behind the last underline but one of "CIFAR10_ResNet20_240501_1200": what the Python tool calls the folder;
// "": the name does not end so.
std::string time_stamp_of(const std::string& stem) {
  constexpr size_t kLength = 11;  // yymmdd_HHMM
  if (stem.size() < kLength) return "";
  const std::string stamp = stem.substr(stem.size() - kLength);
  for (size_t i = 0; i < kLength; ++i)
    if (i == 6 ? stamp[i] != '_' : !is_digit(stamp[i])) return "";
  return stamp;
}

ScoreMode mode_of_files(const fs::path& folder) {
  ScoreMode mode = ScoreMode::none;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    const std::string name = it->path().filename().string();
    if (name.starts_with("inj_") && name.ends_with(".npz")) return ScoreMode::changed;
    if (is_score_array_file(name)) return ScoreMode::one;
    if (name == "clean.npy" || (name.starts_with("inj_") && name.ends_with(".npy"))) mode = ScoreMode::all;
  }
  return mode;
}

}  // namespace

TextFile::TextFile(std::string file, std::string contents)
    : path(std::move(file)), text(std::move(contents)), lines(crlf_lines(text)) {}

ScoreFolder score_folder_of(const std::string& report, const std::optional<RunMetadata>& metadata) {
  const fs::path folder = fs::path(report).parent_path();
  if (metadata) {
    const std::string& mode = metadata->scores;
    if (metadata->score_folder.empty() || mode == score_mode_name(ScoreMode::none)) return {};
    return {.path = (folder / metadata->score_folder).string(),
            .mode = score_mode_of(mode).value_or(ScoreMode::changed),
            .has_all = true};
  }
  const std::string stem = fs::path(report).stem().string();
  for (const std::string& name : {time_stamp_of(stem), stem}) {
    if (name.empty()) continue;
    const ScoreMode mode = mode_of_files(folder / name);
    if (mode != ScoreMode::none) return {.path = (folder / name).string(), .mode = mode, .has_all = false};
  }
  return {};
}

std::string details_path_of(const std::string& report, const std::optional<RunMetadata>& metadata) {
  if (!metadata || !metadata->details) return "";
  return (fs::path(report).parent_path() / metadata->details->file).string();  // a whole path stays as it is
}

}  // namespace tf_injector::detail
