#include "io/lock_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include "core/printable.hpp"
#include "io/posix.hpp"
#include "io/posix_names.hpp"
#include "io/process_identity.hpp"
#include "io/temporary_file.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail {
namespace {

// "<identity>\n<host>\n": what a lock file holds.
std::string own_text() { return identity_text(this_process()) + "\n" + host_name() + "\n"; }

// The file under a name of its own, whole on the disk before it is linked to the lock's name: the lock never
// stands there half written, and only one link succeeds, over NFS too.
class OwnFile {
 public:
  explicit OwnFile(const std::string& lock) : path_(temporary_path(lock)) {
    const posix::UniqueFd fd = posix::open_file(path_, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0644);
    if (!fd.valid()) throw OutputError(posix::describe("write", path_, errno));
    const std::string text = own_text();
    int error = posix::write_full(fd.get(), text.data(), text.size(), 0);
    if (error == 0) error = posix::sync_file(fd.get());
    if (error == 0) return;
    posix::unlink_file(path_);
    throw OutputError(posix::describe("write", path_, error));
  }
  ~OwnFile() { posix::unlink_file(path_); }
  OwnFile(const OwnFile&) = delete;
  OwnFile& operator=(const OwnFile&) = delete;

  // False if the name is taken.
  [[nodiscard]] bool link_to(const std::string& name) const {
    const int error = posix::link_file(path_, name);
    if (error != 0 && error != EEXIST) throw OutputError(posix::describe("lock", name, error));
    struct stat info {};  // over NFS the answer may get lost, and the request is sent again
    return error == 0 || (::stat(path_.c_str(), &info) == 0 && info.st_nlink > 1);
  }
  void rename_to(const std::string& name) const {
    const int error = posix::rename_file(path_, name);
    if (error != 0) throw OutputError(posix::describe("lock", name, error));
  }

 private:
  std::string path_;
};

// What stands in a lock file; nothing if there is none.
std::optional<std::string> text_of(const std::string& path) {
  const posix::UniqueFd fd = posix::open_file(path, O_RDONLY | O_NONBLOCK);
  if (!fd.valid()) {
    if (errno == ENOENT) return std::nullopt;
    throw OutputError(posix::describe("lock", path, errno));
  }
  std::array<char, 1024> text{};
  const ptrdiff_t n = posix::read_full(fd.get(), text.data(), text.size());
  if (n < 0) throw OutputError(posix::describe("lock", path, errno));
  return std::string(text.data(), static_cast<size_t>(n));
}

std::optional<ProcessIdentity> owner_in(const std::string& text) {
  return parse_identity(std::string_view(text).substr(0, text.find('\n')));
}

std::string describe_owner(const std::string& text) {
  const std::optional<ProcessIdentity> owner = owner_in(text);
  if (!owner) return "no lock of tf_injector";
  const size_t begin = text.find('\n') + 1;
  return fmt::format("process {} on {}", owner->process,
                     printable(std::string_view(text).substr(begin, text.find('\n', begin) - begin)));
}

// Puts the own file in the place of the lock of a process that is gone. Who does that is decided by a second
// file, which is named after that process: so nobody replaces the lock of the one that was faster.
bool take_over(const OwnFile& own, const std::string& path, const std::string& dead, std::string& owner) {
  const std::string claim = path + "." + identity_text(*owner_in(dead));
  const OwnFile claimant(path);
  if (!claimant.link_to(claim)) {
    const std::optional<std::string> other = text_of(claim);
    const std::optional<ProcessIdentity> process = other ? owner_in(*other) : std::nullopt;
    // Killed while it took the lock over. Removing its claim could remove a newer one.
    if (process && is_gone(*process)) owner = describe_owner(*other) + ", by " + claim;
    return false;
  }
  const bool is_still_there = text_of(path) == dead;
  if (is_still_there) own.rename_to(path);
  posix::unlink_file(claim);
  return is_still_there;
}

}  // namespace

std::optional<LockFile> LockFile::try_take(const std::string& path, std::string& owner) {
  const OwnFile own(path);
  for (int attempt = 0; attempt < 3; ++attempt) {
    if (own.link_to(path)) return LockFile(path);
    const std::optional<std::string> found = text_of(path);
    if (!found) continue;  // given back just now
    owner = describe_owner(*found);
    const std::optional<ProcessIdentity> process = owner_in(*found);
    if (!process || !is_gone(*process)) return std::nullopt;
    if (take_over(own, path, *found, owner)) return LockFile(path);
  }
  return std::nullopt;
}

LockFile::LockFile(const std::string& path) : path_(path), noted_(path) {}

LockFile::~LockFile() {
  if (!path_.empty()) posix::unlink_file(path_);
}

LockFile::LockFile(LockFile&& other) noexcept
    : path_(std::exchange(other.path_, "")), noted_(std::move(other.noted_)) {
  other.noted_.reset();
}

LockFile& LockFile::operator=(LockFile&& other) noexcept {
  LockFile old(std::move(*this));
  path_ = std::exchange(other.path_, "");
  noted_.reset();
  if (other.noted_) noted_.emplace(std::move(*other.noted_));
  other.noted_.reset();
  return *this;
}

std::string lock_path_of(const std::string& path) { return path + ".lock"; }

bool has_no_flock(int error) noexcept {
  return error == ENOLCK || error == ENOSYS || error == EOPNOTSUPP || error == EINVAL ||
         error == EBADF;  // NFS, which locks only what is open for writing: no folder
}

}  // namespace tf_injector::detail
