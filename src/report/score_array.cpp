#include "report/score_array.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <iterator>
#include <utility>

#include "io/file.hpp"
#include "io/npy.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail {
namespace {

constexpr const char* kArrayName = "scores.npy";
constexpr const char* kIndexName = "scores.index.csv";

// The size of a file that is no link; 0 where there is none.
uint64_t plain_file_bytes(const std::string& path) {
  struct stat info {};
  if (lstat(path.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) return 0;
  return static_cast<uint64_t>(info.st_size);
}

bool holds(const std::string& path, const std::string& beginning, uint64_t bytes) {
  if (plain_file_bytes(path) != bytes) return false;
  try {
    return read_beginning(path, beginning.size()) == beginning;
  } catch (const Error&) {
    return false;
  }
}

std::string_view as_bytes(std::span<const float> scores) {
  return {reinterpret_cast<const char*>(scores.data()), scores.size_bytes()};
}

}  // namespace

ScoreArray::ScoreArray(const std::string& folder, size_t rows, std::function<int64_t(size_t)> id_of,
                       int64_t images, int64_t classes)
    : path_(folder + "/" + kArrayName),
      index_path_(folder + "/" + kIndexName),
      rows_(rows),
      id_of_(std::move(id_of)) {
  const int64_t shape[] = {static_cast<int64_t>(rows) + 1, images, classes};
  header_ = npy_header("<f4", shape);
  place_bytes_ = static_cast<size_t>(images) * static_cast<size_t>(classes) * sizeof(float);
}

std::string ScoreArray::index_text() const {
  std::string text = "place,inj_id\r\n0,GOLDEN\r\n";
  for (size_t row = 0; row < rows_; ++row)
    fmt::format_to(std::back_inserter(text), "{},{}\r\n", row + 1, id_of_(row));
  return text;
}

uint64_t ScoreArray::bytes() const noexcept { return offset_of(rows_ + 1); }

bool ScoreArray::is_whole() const {
  const std::string index = index_text();
  return holds(path_, header_, bytes()) && holds(index_path_, index, index.size());
}

void ScoreArray::begin(std::span<const float> golden, size_t rows) {
  if (!is_whole()) {
    if (rows > 0) {
      throw OutputError(
          fmt::format("{}: the scores of {} rows of the report, which stood there, are gone or were changed",
                      path_, rows));
    }
    write_atomic(index_path_, index_text());
    AtomicFile file(path_);
    file.write(header_);
    file.extend(bytes());
    file.commit();
  }
  fd_ = posix::open_file(path_, O_RDWR | O_NOFOLLOW);
  if (!fd_.valid()) throw OutputError(posix::describe("write", path_, errno));
  write(0, golden);
  sync();
}

void ScoreArray::write(size_t place, std::span<const float> scores) const {
  const std::string_view bytes = as_bytes(scores);
  const int error = posix::write_full(fd_.get(), bytes.data(), bytes.size(), offset_of(place));
  if (error != 0) throw OutputError(posix::describe("write", path_, error));
}

void ScoreArray::sync() const {
  const int error = posix::sync_data(fd_.get());
  if (error != 0) throw OutputError(posix::describe("write", path_, error));
  struct stat mine {
  }, there{};
  const bool is_there = fstat(fd_.get(), &mine) == 0 && lstat(path_.c_str(), &there) == 0 &&
                        mine.st_dev == there.st_dev && mine.st_ino == there.st_ino &&
                        static_cast<uint64_t>(mine.st_size) == bytes();
  if (!is_there) {
    throw OutputError(
        path_ + ": somebody else has removed, replaced, cut or lengthened it while this run wrote to it");
  }
}

void ScoreArray::open_to_read() {
  fd_ = posix::open_file(path_, O_RDONLY);
  if (!fd_.valid()) throw Error(ErrorKind::bad_input, posix::describe("read", path_, errno));
}

void ScoreArray::read(size_t place, std::span<float> scores) const {
  const ptrdiff_t found = posix::read_at(fd_.get(), scores.data(), scores.size_bytes(), offset_of(place));
  if (found == static_cast<ptrdiff_t>(scores.size_bytes())) return;
  throw Error(ErrorKind::bad_input, found < 0
                                        ? posix::describe("read", path_, errno)
                                        : fmt::format("{}: cut: it ends before place {} does", path_, place));
}

bool is_score_array_file(const std::string& name) { return name == kArrayName || name == kIndexName; }

}  // namespace tf_injector::detail
