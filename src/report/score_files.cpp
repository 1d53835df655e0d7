#include "report/score_files.hpp"

#include <fmt/format.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <vector>

#include "core/bytes_text.hpp"
#include "core/round_up.hpp"
#include "core/same_bits.hpp"
#include "io/file.hpp"
#include "io/npy.hpp"
#include "io/posix.hpp"
#include "io/posix_names.hpp"
#include "report/score_array.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail {
namespace {

constexpr uint64_t kFileBlock = 4096;  // file systems round sizes up to this
constexpr uint64_t kNpyHeaderBytes = 128;
constexpr uint64_t kIndexLineBytes = 32;      // of the index of an array, at most: two numbers
constexpr uint64_t kNpzOverheadBytes = 1024;  // headers and directory of a zip with two arrays

// The size of a file; nothing if it does not exist.
std::optional<uint64_t> file_bytes(const std::string& path) {
  std::error_code error;
  const uint64_t bytes = std::filesystem::file_size(path, error);
  if (error) return std::nullopt;
  return bytes;
}

uint64_t on_disk(uint64_t bytes) { return round_up(bytes, kFileBlock); }

// The rows whose bits differ from those of the golden run.
std::vector<int64_t> changed_rows(std::span<const float> scores, std::span<const float> golden,
                                  int64_t images, int64_t classes) {
  std::vector<int64_t> rows;
  for (int64_t row = 0; row < images; ++row) {
    const auto offset = static_cast<size_t>(row * classes), size = static_cast<size_t>(classes);
    if (!same_bits(scores.subspan(offset, size), golden.subspan(offset, size))) rows.push_back(row);
  }
  return rows;
}

std::string npy_of(const std::vector<int64_t>& values) {
  const int64_t shape[] = {static_cast<int64_t>(values.size())};
  std::string bytes = npy_header("<i8", shape);
  bytes.append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(int64_t));
  return bytes;
}

std::string changed_bytes(std::span<const float> scores, std::span<const float> golden, int64_t images,
                          int64_t classes) {
  const std::vector<int64_t> rows = changed_rows(scores, golden, images, classes);
  std::vector<float> values;
  values.reserve(rows.size() * static_cast<size_t>(classes));
  for (int64_t row : rows) {
    const auto begin = scores.begin() + row * classes;
    values.insert(values.end(), begin, begin + classes);
  }
  return npz_bytes(
      {{"index", npy_of(rows)}, {"scores", npy_bytes(values, static_cast<int64_t>(rows.size()), classes)}});
}

// "clean.npy", "inj_12.npy", "inj_12.npz", "scores.npy", "scores.index.csv"
bool is_score_file(const std::string& name) {
  if (name == "clean.npy" || is_score_array_file(name)) return true;
  if (!name.starts_with("inj_") || !(name.ends_with(".npy") || name.ends_with(".npz"))) return false;
  const std::string number = name.substr(4, name.size() - 8);
  return !number.empty() &&
         std::all_of(number.begin(), number.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool file_holds(const std::string& path, const std::string& bytes) {
  if (file_bytes(path) != bytes.size()) return false;
  try {
    return read_text(path) == bytes;
  } catch (const Error&) {
    return false;
  }
}

// The folder itself, or the nearest existing one above it.
std::filesystem::path existing_folder(const std::string& folder) {
  std::error_code ignored;
  std::filesystem::path path = std::filesystem::absolute(folder, ignored);
  while (!std::filesystem::exists(path, ignored) && path.has_relative_path()) path = path.parent_path();
  return path;
}

}  // namespace

ScoreFiles::ScoreFiles(std::string folder, ScoreMode mode, int64_t images, int64_t classes)
    : folder_(std::move(folder)), mode_(mode), images_(images), classes_(classes) {}

std::string ScoreFiles::golden_path() const { return folder_ + "/clean.npy"; }

std::string ScoreFiles::fault_path(int64_t injection) const {
  return fmt::format("{}/inj_{}.{}", folder_, injection, mode_ == ScoreMode::all ? "npy" : "npz");
}

void ScoreFiles::prepare() const {
  if (mode_ == ScoreMode::none) return;
  make_folders(folder_);
  if (::access(folder_.c_str(), W_OK | X_OK) != 0)
    throw OutputError(posix::describe("write into", folder_, errno));
}

void ScoreFiles::write_golden(std::span<const float> scores) const {
  if (mode_ == ScoreMode::none) return;
  write_atomic(golden_path(), golden_bytes(scores));
}

std::string ScoreFiles::golden_bytes(std::span<const float> scores) const {
  return npy_bytes(scores, images_, classes_);
}

std::string ScoreFiles::fault_bytes(std::span<const float> scores, std::span<const float> golden) const {
  return mode_ == ScoreMode::changed ? changed_bytes(scores, golden, images_, classes_)
                                     : npy_bytes(scores, images_, classes_);
}

bool ScoreFiles::write_fault(int64_t injection, std::span<const float> scores,
                             std::span<const float> golden) const {
  if (mode_ == ScoreMode::none) return true;
  const std::string path = fault_path(injection), bytes = fault_bytes(scores, golden);
  if (file_holds(path, bytes)) return false;
  write_atomic(path, bytes);
  return true;
}

void ScoreFiles::sync_names() const {
  const int error = posix::sync_folder(folder_);
  if (error != 0) throw OutputError(posix::describe("write into", folder_, error));
}

uint64_t ScoreFiles::npy_bytes_of_all() const {
  const int64_t shape[] = {images_, classes_};
  return npy_header("<f4", shape).size() +
         static_cast<uint64_t>(images_) * static_cast<uint64_t>(classes_) * sizeof(float);
}

bool ScoreFiles::has_fault(int64_t injection) const {
  if (mode_ == ScoreMode::none) return true;
  const std::optional<uint64_t> bytes = file_bytes(fault_path(injection));
  return bytes && (mode_ == ScoreMode::all ? *bytes == npy_bytes_of_all() : *bytes > 0);
}

bool ScoreFiles::has_golden() const {
  return mode_ == ScoreMode::none || file_bytes(golden_path()) == npy_bytes_of_all();
}

uint64_t ScoreFiles::bytes_per_fault() const {
  const auto rows = static_cast<uint64_t>(images_);
  const uint64_t row_bytes = static_cast<uint64_t>(classes_) * sizeof(float);
  if (mode_ == ScoreMode::one) return rows * row_bytes + kIndexLineBytes;
  if (mode_ == ScoreMode::all) return on_disk(kNpyHeaderBytes + rows * row_bytes);
  return on_disk(kNpzOverheadBytes + rows * (row_bytes + sizeof(int64_t)));
}

uint64_t ScoreFiles::disk_bytes(size_t faults) const {
  if (mode_ == ScoreMode::none) return 0;
  const uint64_t golden = on_disk(kNpyHeaderBytes + static_cast<uint64_t>(images_) *
                                                        static_cast<uint64_t>(classes_) * sizeof(float));
  return golden + on_disk(faults * bytes_per_fault()) + (mode_ == ScoreMode::one ? kFileBlock : 0);
}

void ScoreFiles::require_space(size_t faults) const {
  if (mode_ != ScoreMode::all && mode_ != ScoreMode::one) return;
  const std::filesystem::path folder = existing_folder(folder_);
  struct statvfs disk {};
  if (statvfs(folder.c_str(), &disk) != 0) {
    throw OutputError(fmt::format("{}: free space is not known: {}", folder.string(), std::strerror(errno)));
  }
  const uint64_t free = static_cast<uint64_t>(disk.f_bavail) * disk.f_frsize;
  const uint64_t needed = disk_bytes(faults);
  if (needed <= free) return;
  throw OutputError(
      fmt::format("{}: the scores of {} faults need {}, {} are free; make room, or take `scores` changed",
                  folder_, faults, bytes_text(needed), bytes_text(free)));
}

void remove_score_files(const std::string& folder) {
  int ignored = 0;
  for (const std::string& name : posix::names_in_folder(folder, ignored)) {
    if (!is_score_file(name)) continue;
    const std::string path = (std::filesystem::path(folder) / name).string();
    const int error = posix::unlink_file(path);
    if (error != 0 && error != ENOENT) throw OutputError(posix::describe("remove", path, error));
  }
}

std::optional<ScoreMode> score_mode_of(std::string_view name) {
  for (const ScoreMode mode : {ScoreMode::none, ScoreMode::changed, ScoreMode::all, ScoreMode::one})
    if (name == score_mode_name(mode)) return mode;
  return std::nullopt;
}

const char* score_mode_name(ScoreMode mode) {
  switch (mode) {
    case ScoreMode::none:
      return "none";
    case ScoreMode::changed:
      return "changed";
    case ScoreMode::all:
      return "all";
    case ScoreMode::one:
      return "one";
  }
  return "";
}

}  // namespace tf_injector::detail
