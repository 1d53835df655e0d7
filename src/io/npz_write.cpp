// Writing .npz: a zip of stored members, byte for byte what np.savez writes with every time set to 1980-01-01
// 00:00.
#include <zlib.h>

#include <cstdint>

#include "io/npy.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail {
namespace {

constexpr uint64_t kMaxSize = 0xFFFFFFFE;  // 2^32 - 1 means "see the ZIP64 record"
constexpr uint16_t kVersionZip64 = 45;     // np.savez always writes the field for 64-bit sizes
constexpr uint16_t kMadeByUnix = 3 << 8 | 45;
constexpr uint16_t kDate1980 = 1 << 5 | 1;  // January 1st; the time of day is 0
constexpr uint32_t kOwnerReadsAndWrites = uint32_t{0600} << 16;

void put(std::string& out, uint64_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) out += static_cast<char>(value >> (8 * i) & 0xFF);
}
void put16(std::string& out, uint16_t value) { put(out, value, 2); }
void put32(std::string& out, uint64_t value) { put(out, value, 4); }
void put64(std::string& out, uint64_t value) { put(out, value, 8); }

bool is_ascii(const std::string& text) {
  for (char c : text) {
    if (static_cast<unsigned char>(c) > 127) return false;
  }
  return true;
}

struct Member {
  std::string name;
  uint32_t crc = 0;
  uint64_t size = 0;
  uint64_t offset = 0;
};

// Writes the fields that the local header and the directory entry share: flags to CRC.
void put_common(std::string& out, const Member& member) {
  put16(out, kVersionZip64);
  put16(out, is_ascii(member.name) ? 0 : 0x800);  // flag: the name is UTF-8
  put16(out, 0);                                  // method: stored
  put16(out, 0);
  put16(out, kDate1980);
  put32(out, member.crc);
}

void put_local_header(std::string& out, const Member& member) {
  out += "PK\3\4";
  put_common(out, member);
  put32(out, 0xFFFFFFFF);  // both sizes are in the ZIP64 field
  put32(out, 0xFFFFFFFF);
  put16(out, static_cast<uint16_t>(member.name.size()));
  put16(out, 20);
  out += member.name;
  put16(out, 1);
  put16(out, 16);
  put64(out, member.size);
  put64(out, member.size);
}

void put_directory_entry(std::string& out, const Member& member) {
  out += "PK\1\2";
  put16(out, kMadeByUnix);
  put_common(out, member);
  put32(out, member.size);
  put32(out, member.size);
  put16(out, static_cast<uint16_t>(member.name.size()));
  put16(out, 0);  // no extra fields, no comment, first disk, binary
  put16(out, 0);
  put16(out, 0);
  put16(out, 0);
  put32(out, kOwnerReadsAndWrites);
  put32(out, member.offset);
  out += member.name;
}

uint32_t crc_of(const std::string& bytes) {
  return static_cast<uint32_t>(crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

}  // namespace

std::string npz_bytes(const std::map<std::string, std::string>& npy_files) {
  std::string out, directory;
  for (const auto& [name, bytes] : npy_files) {
    const Member member{
        .name = name + ".npy", .crc = crc_of(bytes), .size = bytes.size(), .offset = out.size()};
    if (member.name.size() > 0xFFFF || npy_files.size() > 0xFFFE) {
      throw Error(ErrorKind::internal,
                  "npz_bytes: a name or the number of arrays exceeds what a zip entry holds");
    }
    put_local_header(out, member);
    out += bytes;
    put_directory_entry(directory, member);
    if (out.size() > kMaxSize)
      throw OutputError("an .npz of 4 GiB or more cannot be written; take fewer images (`limit`)");
  }
  const uint64_t directory_at = out.size();
  out += directory;
  out += "PK\5\6";
  put16(out, 0);
  put16(out, 0);
  put16(out, static_cast<uint16_t>(npy_files.size()));
  put16(out, static_cast<uint16_t>(npy_files.size()));
  put32(out, directory.size());
  put32(out, directory_at);
  put16(out, 0);
  return out;
}

}  // namespace tf_injector::detail
