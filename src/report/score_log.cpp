#include "report/score_log.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <vector>

#include "io/file.hpp"
#include "io/posix_names.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail {
namespace {

constexpr std::string_view kScoreTitle = "tf_injector: scores of a block, 1\n";
constexpr size_t kScoreReadBytes = size_t{1} << 20;

}  // namespace

ScoreLog::ScoreLog(const std::string& part_path) : path_(part_path + ".scores") {}

// A kill may leave the beginning of its first line.
bool ScoreLog::is_own() const {
  std::error_code ignored;
  const auto status = std::filesystem::symlink_status(path_, ignored);
  if (!std::filesystem::exists(status)) return true;
  if (!std::filesystem::is_regular_file(status)) return false;
  try {
    return kScoreTitle.starts_with(read_beginning(path_, kScoreTitle.size()));
  } catch (const Error&) {
    return false;
  }
}

std::string ScoreLog::state() const { return size_ == 0 ? "" : fmt::format("{} {}", size_, hash_.hex()); }

bool ScoreLog::open(const std::string& state) {
  fd_ = posix::UniqueFd();
  size_ = read_ = 0;
  hash_ = Sha256();
  uint64_t bytes = 0;
  const char* end = state.data() + state.size();
  const auto [digits_end, error] = std::from_chars(state.data(), end, bytes);
  if (error != std::errc() || digits_end == end || bytes < kScoreTitle.size() || !is_own()) return false;
  posix::UniqueFd fd = posix::open_file(path_, O_RDWR | O_NOFOLLOW);
  if (!fd.valid()) return false;
  Sha256 hash;
  std::vector<char> buffer(kScoreReadBytes);
  for (uint64_t at = 0; at < bytes;) {
    const size_t wanted = std::min<uint64_t>(kScoreReadBytes, bytes - at);
    if (posix::read_at(fd.get(), buffer.data(), wanted, at) != static_cast<ptrdiff_t>(wanted)) return false;
    hash.update(buffer.data(), wanted);
    at += wanted;
  }
  if (hash.hex() != std::string_view(digits_end + 1, end)) return false;
  if (posix::truncate_file(fd.get(), bytes) != 0) return false;
  fd_ = std::move(fd);
  hash_ = std::move(hash);
  size_ = bytes;
  read_ = kScoreTitle.size();
  return true;
}

size_t ScoreLog::read(std::span<char> to) {
  const size_t wanted = std::min<uint64_t>(to.size(), size_ - read_);
  const ptrdiff_t found = wanted == 0 ? 0 : posix::read_at(fd_.get(), to.data(), wanted, read_);
  if (found < 0) fail("read", errno);
  read_ += static_cast<uint64_t>(found);
  return static_cast<size_t>(found);
}

void ScoreLog::append(std::string_view bytes) {
  if (!fd_.valid()) {
    if (!is_own()) fail("write", EEXIST);
    fd_ = posix::open_file(path_, O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW);
    if (!fd_.valid()) fail("write", errno);
    is_new_ = true;
    write(kScoreTitle);
  }
  write(bytes);
}

void ScoreLog::write(std::string_view bytes) {
  const int error = posix::write_full(fd_.get(), bytes.data(), bytes.size(), size_);
  if (error != 0) fail("write", error);
  hash_.update(bytes.data(), bytes.size());
  size_ += bytes.size();
}

void ScoreLog::sync() {
  if (!fd_.valid()) return;
  int error = posix::sync_data(fd_.get());
  if (error == 0 && is_new_) error = posix::sync_folder(posix::folder_of(path_));
  if (error != 0) fail("write", error);
  is_new_ = false;
}

void ScoreLog::remove() {
  fd_ = posix::UniqueFd();
  size_ = read_ = 0;
  hash_ = Sha256();
  if (file_exists(path_) && is_own()) posix::unlink_file(path_);
}

void ScoreLog::fail(const char* what, int error) const {
  throw OutputError(posix::describe(what, path_, error));
}

}  // namespace tf_injector::detail
