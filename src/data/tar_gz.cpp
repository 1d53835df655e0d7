#include "data/tar_gz.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <exception>
#include <limits>
#include <memory>

#include "data/file_probe.hpp"
#include "io/stand_in.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail::data {
namespace {

constexpr uint64_t kMaxMember = uint64_t{1} << 30;
constexpr uint64_t kMaxUnpacked = uint64_t{8} << 30;  // CIFAR's archives unpack to 0.2 GB
constexpr uint64_t kMaxMetadata = uint64_t{1} << 22;  // bytes of one member's headers: names, pax records
constexpr uint64_t kUnlimited = std::numeric_limits<uint64_t>::max();

[[noreturn]] void throw_bad_archive(const std::string& path, const std::string& problem) {
  throw DatasetError(path + ": " + problem);
}

struct GzipDeleter {
  void operator()(gzFile_s* file) const noexcept { gzclose_r(file); }
};

// The decompressed bytes, block by block. zlib's: libarchive's own gzip filter does not compare the checksum.
class GzipStream {
 public:
  explicit GzipStream(const std::string& path) : path_(path), file_(gzopen(path.c_str(), "rb")) {
    if (!file_) throw_bad_archive(path, fmt::format("cannot be read: {}", std::strerror(errno)));
    gzbuffer(file_.get(), static_cast<unsigned>(block_.size()));
  }
  // The next bytes, valid until the next call; none at the end.
  std::span<const uint8_t> next() {
    const int n = gzread(file_.get(), block_.data(), static_cast<unsigned>(block_.size()));
    if (n < 0) fail();
    const auto size = static_cast<size_t>(n);
    unpacked_ += size;
    if (unpacked_ > kMaxUnpacked)
      throw_bad_archive(path_, "unpacks to more than 8 GiB; no test set is that large");
    if (size < block_.size()) check_end();
    at_end_ = size == 0;
    return {block_.data(), size};
  }
  [[nodiscard]] bool at_end() const noexcept { return at_end_; }

 private:
  [[noreturn]] void fail() {
    int code = Z_OK;
    const char* text = gzerror(file_.get(), &code);
    throw_bad_archive(path_, fmt::format("damaged .tar.gz: {}; fetch it again",
                                         code == Z_ERRNO ? std::strerror(errno) : text));
  }
  void check_end() {  // gzread reports a truncated file only here
    int code = Z_OK;
    gzerror(file_.get(), &code);
    if (code != Z_OK && code != Z_STREAM_END) fail();
  }

  std::string path_;
  std::unique_ptr<gzFile_s, GzipDeleter> file_;
  std::vector<uint8_t> block_ = std::vector<uint8_t>(size_t{1} << 17);
  uint64_t unpacked_ = 0;
  bool at_end_ = false;
};

struct ArchiveDeleter {
  void operator()(archive* tar) const noexcept { archive_read_free(tar); }
};

// libarchive's tar reader on a GzipStream. Nothing is ever extracted: names are only compared.
class TarReader {
 public:
  explicit TarReader(const std::string& path) : path_(path), stream_(path), tar_(archive_read_new()) {
    if (!tar_) throw std::bad_alloc();
    if (archive_read_support_format_tar(tar_.get()) != ARCHIVE_OK ||
        archive_read_support_format_empty(tar_.get()) != ARCHIVE_OK)
      fail();
    const int code = archive_read_open(tar_.get(), this, nullptr, &TarReader::next_block, nullptr);
    rethrow();
    if (code != ARCHIVE_OK) throw_bad_archive(path_, "no tar archive in it, or a damaged one");
  }
  TarReader(TarReader&&) = delete;  // libarchive holds its address

  // Skips what is left of the current member and goes on to the next. False: there is none.
  bool next() {
    if (entry_ != nullptr) check(archive_read_data_skip(tar_.get()));
    metadata_left_ = kMaxMetadata;
    const int code = archive_read_next_header(tar_.get(), &entry_);
    metadata_left_ = kUnlimited;
    rethrow();
    if (code == ARCHIVE_EOF) return false;
    // A warning: a part of the header is broken and was passed over; or, harmless, the locale lacks a letter.
    const bool letter = code == ARCHIVE_WARN && archive_errno(tar_.get()) == EILSEQ;
    if (!letter) check(code);
    return true;
  }
  [[nodiscard]] std::string name() const {
    const char* name = archive_entry_pathname(entry_);
    return name != nullptr ? name : "";
  }
  // A file with contents of its own: no link, folder or device.
  [[nodiscard]] bool is_regular() const {
    return archive_entry_filetype(entry_) == AE_IFREG && archive_entry_hardlink(entry_) == nullptr;
  }
  [[nodiscard]] std::vector<uint8_t> contents() {
    const auto size = static_cast<uint64_t>(archive_entry_size(entry_));
    if (size > kMaxMember)
      throw_bad_archive(path_,
                        fmt::format("member '{}' has {} bytes; no test set is that large", name(), size));
    std::vector<uint8_t> bytes;  // grows as they come: the declared size may be wrong
    const void* block = nullptr;
    size_t block_size = 0;
    la_int64_t at = 0;
    for (;;) {
      const int code = archive_read_data_block(tar_.get(), &block, &block_size, &at);
      if (code == ARCHIVE_EOF) break;
      check(code);
      if (static_cast<uint64_t>(at) != bytes.size() || block_size > size - bytes.size()) throw_sparse();
      const auto* first = static_cast<const uint8_t*>(block);
      bytes.insert(bytes.end(), first, first + block_size);
    }
    if (bytes.size() != size) throw_sparse();
    return bytes;
  }
  // gzip's checksum stands at the end, behind what tar needs.
  void read_to_end() {
    while (!stream_.next().empty()) {
    }
  }

 private:
  // Called by libarchive, through which no exception may fly: it is kept for rethrow().
  static la_ssize_t next_block(archive*, void* self, const void** bytes) noexcept {
    auto& reader = *static_cast<TarReader*>(self);
    try {
      const std::span<const uint8_t> block = reader.stream_.next();
      if (block.size() > reader.metadata_left_)
        throw_bad_archive(reader.path_, "damaged tar archive: a member's header of more than 4 MiB");
      if (reader.metadata_left_ != kUnlimited) reader.metadata_left_ -= block.size();
      *bytes = block.data();
      return static_cast<la_ssize_t>(block.size());
    } catch (...) {
      reader.problem_ = std::current_exception();
      return ARCHIVE_FATAL;
    }
  }
  void rethrow() const {
    if (problem_) std::rethrow_exception(problem_);
  }
  void check(int code) const {
    rethrow();
    if (code != ARCHIVE_OK) fail();
  }
  [[noreturn]] void throw_sparse() const {
    throw_bad_archive(path_,
                      fmt::format("member '{}' is stored with holes (a sparse file), which is not read; pack "
                                  "it again without tar's --sparse",
                                  name()));
  }
  [[noreturn]] void fail() const {
    if (stream_.at_end())
      throw_bad_archive(path_, "the archive ends in the middle of a member; fetch it again");
    const char* text = archive_error_string(tar_.get());
    throw_bad_archive(path_, fmt::format("damaged tar archive (libarchive: {}); fetch it again",
                                         text != nullptr ? text : "unreadable header"));
  }

  std::string path_;
  GzipStream stream_;
  uint64_t metadata_left_ = kUnlimited;
  std::exception_ptr problem_;
  std::unique_ptr<archive, ArchiveDeleter> tar_;
  archive_entry* entry_ = nullptr;
};

}  // namespace

std::optional<TarMember> find_in_tar_gz(const std::string& path,
                                        const std::function<bool(const std::string&)>& wanted) {
  // gzread would pass the bytes of an uncompressed file through.
  refuse_stand_in(path);
  if (is_file(path) && !is_gzip(start_of_file(path)))
    throw_bad_archive(path, "no gzip file; was it copied or fetched completely?");
  TarReader tar(path);
  std::optional<TarMember> found;
  while (tar.next())
    if (!found && tar.is_regular() && wanted(tar.name())) found = TarMember{tar.name(), tar.contents()};
  tar.read_to_end();
  return found;
}

bool is_gzip(std::span<const uint8_t> start) noexcept {
  return start.size() >= 2 && start[0] == 0x1F && start[1] == 0x8B;
}

}  // namespace tf_injector::detail::data
