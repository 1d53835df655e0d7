#include "data/tar_gz.hpp"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <memory>
#include <string_view>

#include "data/file_probe.hpp"
#include "io/stand_in.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::data {
namespace {

constexpr size_t kBlock = 512;
constexpr uint64_t kMaxMember = uint64_t{1} << 30;
constexpr uint64_t kMaxUnpacked = uint64_t{8} << 30;  // CIFAR's archives unpack to 0.2 GB
constexpr uint64_t kMaxNames = uint64_t{1} << 20;     // bytes of a long name or of pax records

using Block = std::array<uint8_t, kBlock>;

[[noreturn]] void throw_bad_tar(const std::string& path, const std::string& problem) {
  throw DatasetError(path + ": " + problem);
}

struct GzipDeleter {
  void operator()(gzFile_s* file) const noexcept { gzclose_r(file); }
};

// The decompressed bytes as a stream.
class GzipStream {
 public:
  explicit GzipStream(const std::string& path) : path_(path), file_(gzopen(path.c_str(), "rb")) {
    constexpr unsigned kBuffer = 1u << 17;
    if (!file_) throw_bad_tar(path, fmt::format("cannot be read: {}", std::strerror(errno)));
    gzbuffer(file_.get(), kBuffer);
  }
  // Reads `size` bytes, fewer only at the end.
  size_t read(uint8_t* out, size_t size) {
    constexpr size_t kStep = size_t{1} << 20;
    size_t done = 0;
    while (done < size) {
      const int n = gzread(file_.get(), out + done, static_cast<unsigned>(std::min(size - done, kStep)));
      if (n < 0) fail();
      if (n == 0) break;
      done += static_cast<size_t>(n);
    }
    unpacked_ += done;
    if (unpacked_ > kMaxUnpacked)
      throw_bad_tar(path_, "unpacks to more than 8 GiB; no test set is that large");
    if (done < size) check_end();
    return done;
  }
  void need(uint8_t* out, size_t size) {
    if (read(out, size) != size)
      throw_bad_tar(path_, "the archive ends in the middle of a member; fetch it again");
  }
  void skip(uint64_t size) {
    std::vector<uint8_t> block(size_t{1} << 16);
    for (; size > 0; size -= std::min<uint64_t>(size, block.size()))
      need(block.data(), static_cast<size_t>(std::min<uint64_t>(size, block.size())));
  }
  void read_to_end() {
    std::vector<uint8_t> block(size_t{1} << 16);
    while (read(block.data(), block.size()) == block.size()) {
    }
  }

 private:
  [[noreturn]] void fail() {
    int code = Z_OK;
    const char* text = gzerror(file_.get(), &code);
    throw_bad_tar(path_, fmt::format("damaged .tar.gz: {}; fetch it again",
                                     code == Z_ERRNO ? std::strerror(errno) : text));
  }
  void check_end() {  // gzread reports a truncated file only here
    int code = Z_OK;
    gzerror(file_.get(), &code);
    if (code != Z_OK && code != Z_STREAM_END) fail();
  }

  std::string path_;
  std::unique_ptr<gzFile_s, GzipDeleter> file_;
  uint64_t unpacked_ = 0;
};

std::string_view field(const Block& header, size_t at, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(header.data()) + at, size);
  return text.substr(0, text.find('\0'));
}

// A number in octal digits or, if the highest bit is set, in binary, big-endian (GNU); nothing if it is
// neither.
std::optional<uint64_t> number_field(const Block& header, size_t at, size_t size) {
  uint64_t value = 0;
  if ((header[at] & 0x80) != 0) {
    for (size_t i = at + size - 8; i < at + size; ++i) value = value << 8 | header[i];
    const bool small = (header[at] & 0x7F) == 0 &&
                       std::all_of(&header[at + 1], &header[at + size - 8], [](uint8_t b) { return b == 0; });
    return small ? std::optional(value) : std::nullopt;
  }
  std::string_view digits = field(header, at, size);
  while (!digits.empty() && digits.front() == ' ') digits.remove_prefix(1);
  while (!digits.empty() && digits.back() == ' ') digits.remove_suffix(1);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, 8);
  if (!digits.empty() && (error != std::errc() || end != digits.data() + digits.size())) return std::nullopt;
  return value;
}

// The sum of the header's bytes, with the checksum field taken as blanks.
bool checksum_fits(const Block& header) {
  constexpr size_t kAt = 148, kSize = 8;
  uint64_t sum = kSize * ' ';
  for (size_t i = 0; i < kBlock; ++i) sum += (i >= kAt && i < kAt + kSize) ? 0u : header[i];
  return number_field(header, kAt, kSize) == sum;
}

std::string name_of(const Block& header) {
  constexpr std::string_view kUstar("ustar\0", 6);  // GNU's own format ("ustar ") has no prefix
  std::string name(field(header, 0, 100));
  const std::string_view magic(reinterpret_cast<const char*>(header.data()) + 257, kUstar.size());
  const std::string_view prefix = field(header, 345, 155);
  return magic == kUstar && !prefix.empty() ? std::string(prefix) + "/" + name : name;
}

class TarReader {
 public:
  explicit TarReader(const std::string& path) : path_(path), stream_(path) {}

  struct Entry {
    std::string name;
    uint64_t size = 0;
    bool regular = false;
  };
  // The next entry; nothing at the end. The caller then reads or skips its contents.
  std::optional<Entry> next() {
    std::string long_name;
    std::optional<uint64_t> long_size;
    for (;;) {
      Block header;
      const size_t n = stream_.read(header.data(), kBlock);
      if (n == 0 || std::all_of(header.begin(), header.begin() + static_cast<ptrdiff_t>(n),
                                [](uint8_t b) { return b == 0; }))
        return std::nullopt;
      if (n < kBlock || !checksum_fits(header))
        throw_bad_tar(path_, "no tar archive in it, or a damaged one");
      const auto size = number_field(header, 124, 12);
      if (!size) throw_bad_tar(path_, "damaged tar archive: a member without a size");
      const char type = static_cast<char>(header[156]);
      if (type == 'L') {
        long_name = names(*size);
        long_name.resize(std::strlen(long_name.c_str()));
      } else if (type == 'x') {
        read_pax(names(*size), long_name, long_size);
      } else if (type == 'g' || type == 'K') {
        static_cast<void>(names(*size));
      } else {
        const bool bare = type >= '1' && type <= '6';  // links, devices, folders: no contents follow
        return Entry{long_name.empty() ? name_of(header) : long_name, bare ? 0 : long_size.value_or(*size),
                     type == '0' || type == '\0' || type == '7'};
      }
    }
  }
  std::vector<uint8_t> read(const Entry& entry) {
    if (entry.size > kMaxMember)
      throw_bad_tar(
          path_, fmt::format("member '{}' has {} bytes; no test set is that large", entry.name, entry.size));
    std::vector<uint8_t> bytes;
    for (uint64_t left = entry.size; left > 0;) {  // in pieces: the declared size may be wrong
      const auto step = static_cast<size_t>(std::min<uint64_t>(left, uint64_t{1} << 24));
      bytes.resize(bytes.size() + step);
      stream_.need(bytes.data() + bytes.size() - step, step);
      left -= step;
    }
    stream_.skip(padding(entry.size));
    return bytes;
  }
  void skip(const Entry& entry) {
    if (entry.size > kMaxUnpacked)
      throw_bad_tar(path_, "damaged tar archive: a member of an impossible size");
    stream_.skip(entry.size + padding(entry.size));
  }
  void read_to_end() { stream_.read_to_end(); }

 private:
  static uint64_t padding(uint64_t size) { return (kBlock - size % kBlock) % kBlock; }

  std::string names(uint64_t size) {
    if (size > kMaxNames) throw_bad_tar(path_, "damaged tar archive: a name of more than 1 MiB");
    std::string text(static_cast<size_t>(size), '\0');
    stream_.need(reinterpret_cast<uint8_t*>(text.data()), text.size());
    stream_.skip(padding(size));
    return text;
  }
  // Records "<length> <key>=<value>\n".
  void read_pax(std::string_view text, std::string& name, std::optional<uint64_t>& size) const {
    while (!text.empty()) {
      size_t length = 0;
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
      const auto digits = static_cast<size_t>(end - text.data());
      if (error != std::errc() || length > text.size() || length < digits + 2 || text[length - 1] != '\n')
        throw_bad_tar(path_, "damaged tar archive: a broken pax record");
      const std::string_view record = text.substr(digits + 1, length - digits - 2);
      if (record.starts_with("path=")) name = record.substr(5);
      if (record.starts_with("size=")) {
        uint64_t value = 0;
        const std::string_view number = record.substr(5);
        const auto parsed = std::from_chars(number.data(), number.data() + number.size(), value);
        if (parsed.ec != std::errc()) throw_bad_tar(path_, "damaged tar archive: a broken pax record");
        size = value;
      }
      text.remove_prefix(length);
    }
  }

  std::string path_;
  GzipStream stream_;
};

}  // namespace

std::optional<TarMember> find_in_tar_gz(const std::string& path,
                                        const std::function<bool(const std::string&)>& wanted) {
  // gzread would pass the bytes of an uncompressed file through.
  refuse_stand_in(path);
  if (is_file(path) && !is_gzip(start_of_file(path)))
    throw_bad_tar(path, "no gzip file; was it copied or fetched completely?");
  TarReader tar(path);
  std::optional<TarMember> found;
  while (auto entry = tar.next()) {
    if (!found && entry->regular && wanted(entry->name))
      found = TarMember{entry->name, tar.read(*entry)};
    else
      tar.skip(*entry);
  }
  tar.read_to_end();
  return found;
}

bool is_gzip(std::span<const uint8_t> start) noexcept {
  return start.size() >= 2 && start[0] == 0x1F && start[1] == 0x8B;
}

}  // namespace tf_injector::data
