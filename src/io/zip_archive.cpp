#include "io/zip_archive.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zip.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "core/printable.hpp"
#include "io/file.hpp"
#include "io/posix.hpp"
#include "io/posix_names.hpp"
#include "io/stand_in.hpp"
#include "io/zip_file_source.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail {

struct ZipDiscard {
  void operator()(zip_t* archive) const noexcept { zip_discard(archive); }
};
using ZipHandle = std::unique_ptr<zip_t, ZipDiscard>;

namespace {

// Limits against zip bombs: a member larger than the size must not exceed the compression ratio. Deflate
// cannot exceed 1032, and weights hardly compress at all. Keras allows the same ratio.
constexpr uint64_t kUncheckedSize = uint64_t{64} << 20;
constexpr uint64_t kMaxRatio = 100;
constexpr size_t kUnpackBlock = size_t{1} << 20;
// The signature of a member's header, or of the end record (an empty archive).
constexpr size_t kSignatureBytes = 4;
// The records at the end of an archive, the last two only of a large one (ZIP64).
constexpr std::string_view kEndSignature = "PK\5\6";
constexpr uint64_t kLocatorSignature = 0x07064b50, kLargeEndSignature = 0x06064b50;
constexpr size_t kEndBytes = 22, kLongestComment = 0xffff;
constexpr uint64_t kLocatorBytes = 20, kLargeEndBytes = 56;

uint64_t little_endian(const uint8_t* bytes, size_t count) {
  uint64_t value = 0;
  while (count-- > 0) value = value << 8 | bytes[count];
  return value;
}

struct MemberDeleter {
  void operator()(zip_file_t* member) const noexcept { zip_fclose(member); }
};

[[noreturn]] void throw_bad_archive(const std::string& message) {
  throw Error(ErrorKind::bad_input, message);
}

std::string error_text(int code) {
  zip_error_t error;
  zip_error_init_with_code(&error, code);
  std::string text = zip_error_strerror(&error);
  zip_error_fini(&error);
  return text;
}

// ", 'a.txt'": the first name that occurs twice; "" if libzip does not show it.
std::string doubled_name(zip_t* archive) {
  std::unordered_set<std::string> names;
  for (zip_int64_t i = 0; archive != nullptr && i < zip_get_num_entries(archive, 0); ++i) {
    const char* name = zip_get_name(archive, static_cast<zip_uint64_t>(i), ZIP_FL_ENC_GUESS);
    if (name != nullptr && !names.emplace(name).second) return ", '" + printable(name) + "'";
  }
  return "";
}

// Counts the entries of a central directory, of whichever: libzip reads no more entries than there are
// signatures. Bytes come block by block.
class EntryCount {
 public:
  void add(std::span<const uint8_t> block) {
    for (size_t at = 0; at < block.size(); ++at) {
      if (matched_ == 0) {
        const void* next = std::memchr(block.data() + at, kSignature[0], block.size() - at);
        if (next == nullptr) return;
        at = static_cast<size_t>(static_cast<const uint8_t*>(next) - block.data());
        matched_ = 1;
        continue;
      }
      if (block[at] == static_cast<uint8_t>(kSignature[matched_])) {
        if (++matched_ < kSignature.size()) continue;
        ++count_;
        matched_ = 0;
      } else {
        matched_ = block[at] == static_cast<uint8_t>(kSignature[0]) ? 1 : 0;
      }
    }
  }
  [[nodiscard]] size_t count() const { return count_; }

 private:
  static constexpr std::string_view kSignature = "PK\1\2";
  size_t matched_ = 0, count_ = 0;
};

// Reads up to `size` bytes at the current position of the file, and restores the position.
std::vector<uint8_t> start_of(int fd, size_t size) {
  std::vector<uint8_t> start(size);
  const ptrdiff_t n = posix::read_full(fd, start.data(), size);
  if (n < 0 || ::lseek(fd, 0, SEEK_SET) != 0) return {};
  start.resize(static_cast<size_t>(n));
  return start;
}

}  // namespace

struct ZipArchive::Impl {
  std::string path;
  posix::UniqueFd file;  // not valid() if the archive is in `content`; outlives `archive`
  uint64_t file_bytes = 0;
  std::vector<uint8_t> content;  // outlives `archive`
  ZipHandle archive;
  std::vector<std::string> names;  // in the archive's order
  std::unordered_map<std::string, uint64_t> index;

  [[noreturn]] void fail(const std::string& member, const std::string& problem) const {
    throw_bad_archive(path + ": member '" + printable(member) + "': " + problem);
  }
  size_t most_members = kMostMembers;

  [[nodiscard]] uint64_t size() const { return file.valid() ? file_bytes : content.size(); }
  // These bytes of the archive, fewer at its end.
  [[nodiscard]] std::vector<uint8_t> bytes_at(uint64_t at, size_t count) const;
  // Throws if the central directory is not where the archive ends: readers disagree about which one counts
  // where there are two archives in a file, or bytes in front of one.
  void check_end() const;
  // Throws if there are more members than `most_members`.
  void count_members() const;
  // `start`: the first kStandInBytes + 1 bytes of the archive, or all if it has fewer.
  void open(std::span<const uint8_t> start);
  [[nodiscard]] ZipHandle open_with(int flags, int& code) const;
  [[nodiscard]] uint64_t find(const std::string& name) const;
  [[nodiscard]] zip_stat_t checked_stat(const std::string& name, uint64_t at, uint64_t max_bytes) const;
  [[nodiscard]] std::vector<uint8_t> unpack(const std::string& name, uint64_t at, uint64_t size) const;
};

ZipHandle ZipArchive::Impl::open_with(int flags, int& code) const {
  zip_error_t error;
  zip_error_init(&error);
  zip_source_t* source = file.valid()
                             ? file_source(file.get(), file_bytes, &error)
                             : zip_source_buffer_create(content.data(), content.size(), /*freep=*/0, &error);
  ZipHandle opened(source == nullptr ? nullptr : zip_open_from_source(source, flags | ZIP_RDONLY, &error));
  if (source != nullptr && !opened) zip_source_free(source);
  code = zip_error_code_zip(&error);
  zip_error_fini(&error);
  return opened;
}

void ZipArchive::Impl::count_members() const {
  EntryCount entries;
  if (file.valid()) {
    std::vector<uint8_t> block(kUnpackBlock);
    uint64_t at = 0;
    for (ptrdiff_t n = 0; (n = posix::read_at(file.get(), block.data(), block.size(), at)) > 0;
         at += static_cast<uint64_t>(n))
      entries.add(std::span(block).first(static_cast<size_t>(n)));
  } else {
    entries.add(content);
  }
  if (entries.count() > most_members)
    throw_bad_archive(path + ": more than " + std::to_string(most_members) +
                      " members; no such archive is read");
}

std::vector<uint8_t> ZipArchive::Impl::bytes_at(uint64_t at, size_t count) const {
  at = std::min(at, size());
  count = static_cast<size_t>(std::min<uint64_t>(count, size() - at));
  if (!file.valid()) {
    const auto begin = content.begin() + static_cast<ptrdiff_t>(at);
    return {begin, begin + static_cast<ptrdiff_t>(count)};
  }
  std::vector<uint8_t> bytes(count);
  const ptrdiff_t found = posix::read_at(file.get(), bytes.data(), count, at);
  bytes.resize(static_cast<size_t>(std::max<ptrdiff_t>(found, 0)));
  return bytes;
}

void ZipArchive::Impl::check_end() const {
  const auto damaged = [&](const char* what) {
    throw_bad_archive(path + ": damaged zip archive: " + what + "; was it copied completely?");
  };
  const uint64_t tail_at = size() - std::min<uint64_t>(size(), kEndBytes + kLongestComment);
  const std::vector<uint8_t> tail = bytes_at(tail_at, kEndBytes + kLongestComment);
  const std::string_view text(reinterpret_cast<const char*>(tail.data()), tail.size());
  const size_t end = text.rfind(kEndSignature);
  if (end == std::string_view::npos || text.size() - end < kEndBytes) damaged("no end record");
  const uint8_t* const record = tail.data() + end;
  if (end + kEndBytes + little_endian(record + 20, 2) != tail.size()) damaged("bytes behind its end");
  uint64_t directory_bytes = little_endian(record + 12, 4), directory = little_endian(record + 16, 4);
  uint64_t directory_end = tail_at + end;
  const std::vector<uint8_t> locator =
      bytes_at(directory_end - std::min(directory_end, kLocatorBytes), static_cast<size_t>(kLocatorBytes));
  if (locator.size() == kLocatorBytes && little_endian(locator.data(), 4) == kLocatorSignature) {
    const uint64_t large_at = little_endian(locator.data() + 8, 8);
    const std::vector<uint8_t> large = bytes_at(large_at, static_cast<size_t>(kLargeEndBytes));
    if (large.size() != kLargeEndBytes || little_endian(large.data(), 4) != kLargeEndSignature ||
        large_at > directory_end ||
        little_endian(large.data() + 4, 8) != directory_end - kLocatorBytes - large_at - 12)
      damaged("no end record of a large archive");
    directory_bytes = little_endian(large.data() + 40, 8);
    directory = little_endian(large.data() + 48, 8);
    directory_end = large_at;
  }
  if (directory > directory_end || directory_end - directory != directory_bytes)
    damaged("its directory is not in front of its end, as where two archives are in one file");
}

void ZipArchive::Impl::open(std::span<const uint8_t> start) {
  refuse_stand_in(path, start);
  if (!is_zip(start))
    throw_bad_archive(path + ": not a zip archive (it does not start with a zip signature)");
  count_members();
  int code = 0;
  // ZIP_CHECKCONS: local headers must agree with the central directory.
  archive = open_with(ZIP_CHECKCONS, code);
  if (!archive && code == ZIP_ER_EXISTS) {
    const std::string name = doubled_name(open_with(0, code).get());
    throw_bad_archive(path + ": two members have the same name" + name + "; write the archive anew");
  }
  if (!archive)
    throw_bad_archive(path + ": damaged zip archive: " + error_text(code) + "; was it copied completely?");
  check_end();
  const zip_int64_t count = zip_get_num_entries(archive.get(), 0);
  for (zip_int64_t i = 0; i < count; ++i) {
    const char* name = zip_get_name(archive.get(), static_cast<zip_uint64_t>(i), ZIP_FL_ENC_GUESS);
    if (name == nullptr) throw_bad_archive(path + ": damaged zip archive: a member without a name");
    names.emplace_back(name);
    if (!index.emplace(name, static_cast<uint64_t>(i)).second) fail(name, "is there twice");
  }
}

// The file is opened once, because its name may later belong to another file.
ZipArchive::ZipArchive(const std::string& path) : impl_(std::make_unique<Impl>()) {
  impl_->path = path;
  posix::UniqueFd file = posix::open_file(path, O_RDONLY);
  struct stat info {};
  if (!file.valid() || fstat(file.get(), &info) != 0) throw_bad_archive(posix::describe("read", path, errno));
  if (S_ISREG(info.st_mode)) {
    impl_->file = std::move(file);
    impl_->file_bytes = static_cast<uint64_t>(info.st_size);
    impl_->open(start_of(impl_->file.get(), kStandInBytes + 1));
  } else {  // a pipe cannot be read twice; a folder opens, but cannot be read
    impl_->content = read_bytes(file.get(), path);
    impl_->open(impl_->content);
  }
}

ZipArchive::ZipArchive(std::vector<uint8_t> bytes, std::string label, size_t most_members)
    : impl_(std::make_unique<Impl>()) {
  impl_->most_members = most_members;
  impl_->path = std::move(label);
  impl_->content = std::move(bytes);
  impl_->open(impl_->content);
}

ZipArchive::~ZipArchive() = default;
ZipArchive::ZipArchive(ZipArchive&&) noexcept = default;
ZipArchive& ZipArchive::operator=(ZipArchive&&) noexcept = default;

std::vector<std::string> ZipArchive::names() const { return impl_->names; }

bool ZipArchive::contains(const std::string& name) const { return impl_->index.contains(name); }

uint64_t ZipArchive::Impl::find(const std::string& name) const {
  const auto found = index.find(name);
  if (found != index.end()) return found->second;
  constexpr size_t kListed = 10;
  std::string list;
  for (size_t i = 0; i < std::min(names.size(), kListed); ++i)
    list += (i ? ", '" : "'") + printable(names[i]) + "'";
  if (names.size() > kListed) list += ", ... (" + std::to_string(names.size()) + " in all)";
  throw_bad_archive(path + ": no member '" + printable(name) + "'; the archive holds " +
                    (list.empty() ? "nothing" : list));
}

// Checks all that is known of a member before it is decompressed.
zip_stat_t ZipArchive::Impl::checked_stat(const std::string& name, uint64_t at, uint64_t max_bytes) const {
  constexpr zip_uint64_t kNeeded =
      ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_COMP_METHOD | ZIP_STAT_ENCRYPTION_METHOD | ZIP_STAT_CRC;
  zip_stat_t stat;
  zip_stat_init(&stat);
  if (zip_stat_index(archive.get(), at, 0, &stat) != 0) fail(name, zip_strerror(archive.get()));
  if ((stat.valid & kNeeded) != kNeeded) fail(name, "its directory entry is not complete");
  if (stat.encryption_method != ZIP_EM_NONE) fail(name, "is encrypted; store it without a password");
  if (stat.comp_method != ZIP_CM_STORE && stat.comp_method != ZIP_CM_DEFLATE) {
    fail(name, "compression method " + std::to_string(stat.comp_method) + "; expected stored or deflated");
  }
  if (stat.size > max_bytes) {
    fail(name,
         "is " + std::to_string(stat.size) + " bytes; at most " + std::to_string(max_bytes) + " are read");
  }
  if (stat.comp_method == ZIP_CM_STORE && stat.size != stat.comp_size) {
    fail(name,
         "stored size " + std::to_string(stat.comp_size) + ", declared size " + std::to_string(stat.size));
  }
  if (stat.size > kUncheckedSize && stat.size / kMaxRatio > stat.comp_size) {
    fail(name, "unpacks " + std::to_string(stat.comp_size) + " bytes to " + std::to_string(stat.size) +
                   "; more than " + std::to_string(kMaxRatio) + " times its size is refused");
  }
  return stat;
}

// Reads to the end and tries one byte more: only then does libzip compare the CRC-32, and a member that is
// longer than declared is noticed.
std::vector<uint8_t> ZipArchive::Impl::unpack(const std::string& name, uint64_t at, uint64_t size) const {
  const std::unique_ptr<zip_file_t, MemberDeleter> member(zip_fopen_index(archive.get(), at, 0));
  if (!member) fail(name, zip_strerror(archive.get()));
  std::vector<uint8_t> bytes;
  for (;;) {
    const size_t block = static_cast<size_t>(std::min<uint64_t>(size - bytes.size(), kUnpackBlock)) + 1;
    const size_t before = bytes.size();
    bytes.resize(before + block);
    const zip_int64_t n = zip_fread(member.get(), bytes.data() + before, block);
    if (n < 0) fail(name, std::string("damaged: ") + zip_file_strerror(member.get()));
    bytes.resize(before + static_cast<size_t>(n));
    if (n == 0) break;
    if (bytes.size() > size) fail(name, "is longer than its declared " + std::to_string(size) + " bytes");
  }
  if (bytes.size() != size) {
    fail(name, "holds " + std::to_string(bytes.size()) + " bytes, declared are " + std::to_string(size));
  }
  return bytes;
}

std::vector<uint8_t> ZipArchive::read(const std::string& name, uint64_t max_bytes) const {
  const uint64_t at = impl_->find(name);
  const zip_stat_t stat = impl_->checked_stat(name, at, max_bytes);
  return impl_->unpack(name, at, stat.size);
}

bool ZipArchive::is_zip(const std::string& path) {
  const posix::UniqueFd fd = posix::open_file(path, O_RDONLY | O_NONBLOCK);
  return fd.valid() && is_zip(start_of(fd.get(), kSignatureBytes));
}

bool ZipArchive::is_zip(std::span<const uint8_t> bytes) {
  return bytes.size() >= kSignatureBytes && (std::memcmp(bytes.data(), "PK\3\4", kSignatureBytes) == 0 ||
                                             std::memcmp(bytes.data(), "PK\5\6", kSignatureBytes) == 0);
}

}  // namespace tf_injector::detail
