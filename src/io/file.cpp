#include "io/file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <optional>

#include "core/temporary_names.hpp"
#include "io/lock_file.hpp"
#include "io/posix.hpp"
#include "io/posix_names.hpp"
#include "io/stand_in.hpp"
#include "io/temporary_file.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail {
namespace {

using posix::describe;
using posix::UniqueFd;

constexpr size_t kMostOfDevice = size_t{16} << 20;
constexpr size_t kReadBlock = size_t{1} << 20;

[[noreturn]] void throw_unreadable(const std::string& path, int error) {
  throw Error(ErrorKind::bad_input, describe("read", path, error));
}

template <typename Bytes>
Bytes read_all(int fd, const std::string& path) {
  struct stat info {};
  if (fstat(fd, &info) != 0) throw_unreadable(path, errno);
  if (S_ISDIR(info.st_mode)) throw_unreadable(path, EISDIR);
  // A regular file is read at once, with one byte more to see its end; a pipe is read block by block.
  size_t block = S_ISREG(info.st_mode) ? static_cast<size_t>(info.st_size) + 1 : kReadBlock;
  const bool is_device = S_ISCHR(info.st_mode) || S_ISBLK(info.st_mode);
  Bytes bytes;
  for (size_t size = 0;;) {
    bytes.resize(size + block);
    const ptrdiff_t n = posix::read_full(fd, bytes.data() + size, block);
    if (n < 0) throw_unreadable(path, errno);
    size += static_cast<size_t>(n);
    if (is_device && size > kMostOfDevice)
      throw Error(ErrorKind::bad_input, "'" + path + "' is a device that does not end; expected a file");
    if (static_cast<size_t>(n) < block) {
      bytes.resize(size);
      refuse_stand_in(path, {reinterpret_cast<const uint8_t*>(bytes.data()), size});
      return bytes;
    }
    block = kReadBlock;
  }
}

template <typename Bytes>
Bytes read_all(const std::string& path) {
  const UniqueFd fd = posix::open_file(path, O_RDONLY);
  if (!fd.valid()) throw_unreadable(path, errno);
  return read_all<Bytes>(fd.get(), path);
}

}  // namespace

// A temporary file in the folder of `path`; the destructor removes it unless it was renamed.
struct AtomicFile::Impl {
  explicit Impl(const std::string& target) : target_(target) {
    for (int attempt = 0; attempt < 100; ++attempt) {
      name_ = temporary_path(target);
      noted_.emplace(name_);  // before the file is there: a signal may end the program at any moment
      fd_ = posix::open_file(name_, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW);
      if (fd_.valid()) return;
      noted_.reset();
      if (errno != EEXIST) break;  // left by a killed process of our process id: try the next name
    }
    throw OutputError(describe("write", target_, errno));
  }
  ~Impl() {
    if (!renamed_) posix::unlink_file(name_);
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  void set_mode(mode_t mode) {
    if (fchmod(fd_.get(), mode) != 0) throw OutputError(describe("write", target_, errno));
  }
  void append(std::string_view bytes) {
    const int error = posix::write_full(fd_.get(), bytes.data(), bytes.size(), size_);
    if (error != 0) throw OutputError(describe("write", target_, error));
    size_ += bytes.size();
  }
  void extend(uint64_t size) {
    const int error = posix::truncate_file(fd_.get(), size);
    if (error != 0) throw OutputError(describe("write", target_, error));
    size_ = size;
  }
  void commit(Sync sync) {
    const int error = sync == Sync::yes ? posix::sync_file(fd_.get()) : 0;
    if (error != 0) throw OutputError(describe("write", target_, error));
    const int rename_error = posix::rename_file(name_, target_);
    if (rename_error != 0) throw OutputError(describe("write", target_, rename_error));
    renamed_ = true;
    noted_.reset();
    if (sync == Sync::no) return;
    const int sync_error = posix::sync_folder(posix::folder_of(target_));
    if (sync_error != 0) throw OutputError(describe("write", target_, sync_error));
  }

 private:
  std::string target_;
  std::string name_;
  std::optional<TemporaryName> noted_;
  UniqueFd fd_;
  size_t size_ = 0;
  bool renamed_ = false;
};

AtomicFile::AtomicFile(const std::string& path) {
  struct stat info {};
  const bool is_there = ::stat(path.c_str(), &info) == 0;
  if (is_there && !S_ISREG(info.st_mode))
    throw OutputError("cannot write '" + path + "': it exists and is not a regular file");
  impl_ = std::make_unique<Impl>(path);
  if (is_there) impl_->set_mode(info.st_mode & 07777);  // keep its permissions
}

AtomicFile::~AtomicFile() = default;

void AtomicFile::write(std::string_view bytes) { impl_->append(bytes); }
void AtomicFile::extend(uint64_t size) { impl_->extend(size); }
void AtomicFile::commit(Sync sync) { impl_->commit(sync); }

bool file_exists(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0;
}

std::string read_text(const std::string& path) { return read_all<std::string>(path); }

std::string read_beginning(const std::string& path, size_t most) {
  const UniqueFd fd = posix::open_file(path, O_RDONLY);
  if (!fd.valid()) throw_unreadable(path, errno);
  std::string text(most, '\0');
  const ptrdiff_t n = posix::read_full(fd.get(), text.data(), most);
  if (n < 0) throw_unreadable(path, errno);
  text.resize(static_cast<size_t>(n));
  return text;
}

std::vector<uint8_t> read_bytes(const std::string& path) { return read_all<std::vector<uint8_t>>(path); }

std::vector<uint8_t> read_bytes(int fd, const std::string& path) {
  return read_all<std::vector<uint8_t>>(fd, path);
}

void make_folders(const std::string& path) {
  for (size_t end = 0; end != std::string::npos;) {
    end = path.find('/', end + 1);
    const std::string folder = path.substr(0, end);
    if (folder.empty() || folder.back() == '/') continue;
    const int error = posix::make_folder(folder);
    if (error == 0) {
      const int sync_error = posix::sync_folder(posix::folder_of(folder));
      if (sync_error != 0) throw OutputError(describe("make the folder", folder, sync_error));
      continue;
    }
    struct stat info {};
    if (::stat(folder.c_str(), &info) != 0) throw OutputError(describe("make the folder", folder, error));
    if (!S_ISDIR(info.st_mode)) throw OutputError(describe("make the folder", folder, ENOTDIR));
  }
}

void prepare_folder_for(const std::string& path) {
  const std::string folder = std::filesystem::path(path).parent_path().string();
  if (!folder.empty()) make_folders(folder);
  remove_abandoned_files(posix::folder_of(path), false);
}

void write_atomic(const std::string& path, std::string_view bytes) {
  AtomicFile file(path);
  file.write(bytes);
  file.commit();
}

struct AppendFile::Impl {
  std::string path;
  UniqueFd fd;  // also holds the lock, where the file system has locks
  std::optional<LockFile> lock_file;
  uint64_t size = 0;
  bool broken = false;  // a sync or a truncation failed: the contents on disk are unknown

  void check() const {
    if (broken)
      throw OutputError("cannot write '" + path + "': an earlier write to it failed; run the command again");
  }
  [[noreturn]] void fail(int error) const { throw OutputError(describe("write", path, error)); }

  void lock(bool is_new) {
    const int error = posix::try_lock(fd.get());
    if (error == 0) return;
    if (error == EWOULDBLOCK) {
      throw Error(ErrorKind::busy,
                  "'" + path + "' is in use by another run; wait for it or choose another report");
    }
    if (!has_no_flock(error)) throw OutputError(describe("lock", path, error));
    std::string owner;
    lock_file = LockFile::try_take(lock_path_of(path), owner);
    if (lock_file) return;
    if (is_new) posix::unlink_file(path);  // leave no empty file behind
    throw Error(ErrorKind::busy, "'" + path + "' is in use by another run (" + owner +
                                     "); wait for it or choose another " +
                                     "report; if that run is gone, remove '" + lock_path_of(path) + "'");
  }
  // Another process may have replaced the file between open and lock: then ours has no name any more.
  void check_still_there() const {
    struct stat ours {};
    if (fstat(fd.get(), &ours) == 0 && lost_name(ours) == nullptr) return;
    throw Error(ErrorKind::busy,
                "'" + path + "' was replaced by another run just now; run the command again");
  }
  // Why the path is not this file's (`ours`) any more; null: it is.
  [[nodiscard]] const char* lost_name(const struct stat& ours) const {
    struct stat there {};
    if (::stat(path.c_str(), &there) != 0) return "is gone";
    return ours.st_ino == there.st_ino && ours.st_dev == there.st_dev ? nullptr : "is another file now";
  }
};

AppendFile::AppendFile(const std::string& path, Mode mode) : impl_(std::make_unique<Impl>()) {
  impl_->path = path;
  const bool create = mode == Mode::create_new;
  impl_->fd = posix::open_file(path, O_RDWR | O_NONBLOCK | (create ? O_CREAT | O_EXCL : 0));
  if (!impl_->fd.valid()) throw OutputError(describe(create ? "create" : "open for writing", path, errno));
  struct stat info {};
  if (fstat(impl_->fd.get(), &info) != 0) impl_->fail(errno);
  if (!S_ISREG(info.st_mode)) throw OutputError("cannot append to '" + path + "': it is not a regular file");
  try {
    impl_->lock(create);
  } catch (const OutputError&) {
    if (create) posix::unlink_file(path);  // leave no empty file behind
    throw;
  }
  impl_->check_still_there();
  if (create) {
    const int error = posix::sync_folder(posix::folder_of(path));
    if (error != 0) {
      posix::unlink_file(path);
      impl_->fail(error);
    }
  }
  if (fstat(impl_->fd.get(), &info) != 0)
    impl_->fail(errno);  // the size once more: the file may have grown before we had the lock
  impl_->size = static_cast<uint64_t>(info.st_size);
}

AppendFile::~AppendFile() = default;
AppendFile::AppendFile(AppendFile&&) noexcept = default;
AppendFile& AppendFile::operator=(AppendFile&&) noexcept = default;

void AppendFile::require_untouched() const {
  struct stat ours {};
  if (fstat(impl_->fd.get(), &ours) != 0) impl_->fail(errno);
  const char* what = impl_->lost_name(ours);
  if (what == nullptr && static_cast<uint64_t>(ours.st_size) != impl_->size) what = "has another length now";
  if (what == nullptr) return;
  throw OutputError("'" + impl_->path + "' " + what +
                    ": something else changed it while this run wrote to it");
}

void AppendFile::append(std::string_view bytes) {
  impl_->check();
  require_untouched();
  const int fd = impl_->fd.get();
  int error = posix::write_full(fd, bytes.data(), bytes.size(), impl_->size);
  const bool written = error == 0;
  if (written) error = posix::sync_data(fd);
  if (error == 0) {
    impl_->size += bytes.size();
    return;
  }
  const bool cut = posix::truncate_file(fd, impl_->size) == 0;
  // A failed sync is not repeated (io/posix.hpp); the truncation reaches the disk like any other write.
  if (written || !cut || posix::sync_data(fd) != 0) impl_->broken = true;
  impl_->fail(error);
}

void AppendFile::sync() {
  impl_->check();
  const int error = posix::sync_data(impl_->fd.get());
  if (error == 0) return;
  impl_->broken = true;
  impl_->fail(error);
}

void AppendFile::truncate(uint64_t size) {
  impl_->check();
  if (size > impl_->size) {
    throw Error(ErrorKind::internal, "truncate: '" + impl_->path + "' has " + std::to_string(impl_->size) +
                                         " bytes, asked to keep " + std::to_string(size));
  }
  int error = posix::truncate_file(impl_->fd.get(), size);
  if (error == 0) error = posix::sync_data(impl_->fd.get());
  if (error != 0) {
    impl_->broken = true;
    impl_->fail(error);
  }
  impl_->size = size;
}

uint64_t AppendFile::size() const { return impl_->size; }

}  // namespace tf_injector::detail
