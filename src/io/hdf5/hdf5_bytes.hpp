// The bytes of an HDF5 file, read with bounds checks: every address, length and count comes from the file.
// Internal to io/.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

#include "core/printable.hpp"

namespace tf_injector::detail::hdf5 {

// What is wrong with the structure of the file, without the name of file and object, which Hdf5File adds.
class Damaged : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

constexpr uint64_t kUndefined = ~uint64_t{0};  // the address of what is not in the file

// Little-endian numbers one after another. Throws Damaged behind the last byte.
class Cursor {
 public:
  explicit Cursor(std::span<const uint8_t> bytes) : bytes_(bytes) {}

  // `size` bytes as a number, at most 8.
  uint64_t number(size_t size) {
    const std::span<const uint8_t> digits = take(size);
    uint64_t value = 0;
    for (size_t i = size; i-- > 0;) value = value << 8 | digits[i];
    return value;
  }
  uint8_t u8() { return static_cast<uint8_t>(number(1)); }
  uint16_t u16() { return static_cast<uint16_t>(number(2)); }
  uint32_t u32() { return static_cast<uint32_t>(number(4)); }
  uint64_t u64() { return number(8); }
  std::span<const uint8_t> take(uint64_t size) {
    if (size > left()) throw Damaged("a part of it is cut off");
    const std::span<const uint8_t> taken = bytes_.subspan(at_, size);
    at_ += size;
    return taken;
  }
  void skip(uint64_t size) { (void)take(size); }
  // The rest of a multiple of `unit`, counted from the first byte; less where the bytes end.
  void align(size_t unit) { skip(std::min<uint64_t>((unit - at_ % unit) % unit, left())); }
  void expect(std::string_view signature) {
    const std::span<const uint8_t> found = take(signature.size());
    if (std::string_view(reinterpret_cast<const char*>(found.data()), found.size()) != signature)
      throw Damaged("what should be '" + printable(signature) + "' is something else");
  }
  void expect_version(uint8_t wanted, const char* what) {
    const uint8_t found = u8();
    if (found != wanted) throw Damaged(std::string(what) + " of version " + std::to_string(found));
  }
  [[nodiscard]] size_t left() const { return bytes_.size() - at_; }
  [[nodiscard]] size_t at() const { return at_; }

 private:
  std::span<const uint8_t> bytes_;
  size_t at_ = 0;
};

// The whole file. Structures that refer to each other in a circle, or to one part again and again, could make
// any amount of work of a small file, so what is read is counted: no file needs more than its own size.
class FileBytes {
 public:
  explicit FileBytes(std::span<const uint8_t> bytes) : bytes_(bytes) {}

  // `size` bytes at an address. Throws Damaged if they are not in the file, or too much was read.
  std::span<const uint8_t> structure(uint64_t address, uint64_t size) {
    const std::span<const uint8_t> found = at(address, size);
    charge(structures_, size, kTimesRead);
    return found;
  }
  // Values of data sets, each of which is read once.
  std::span<const uint8_t> values(uint64_t address, uint64_t size) {
    const std::span<const uint8_t> found = at(address, size);
    charge(values_, size, 1);
    return found;
  }
  // Values that were unpacked from less: a file that unpacks to far more than it holds is made to hurt.
  void charge_unpacked(uint64_t size) {
    constexpr uint64_t kUnchecked = uint64_t{64} << 20, kMaxRatio = 100;
    unpacked_ += size;
    if (unpacked_ > kUnchecked && unpacked_ / kMaxRatio > bytes_.size())
      throw Damaged("it unpacks to more than " + std::to_string(kMaxRatio) + " times its size");
  }
  // Text that was made of the bytes: many references may name the same bytes.
  void charge_text(uint64_t size) { charge(text_, size, kTimesRead); }

  // The bytes at an address, without counting them.
  [[nodiscard]] std::span<const uint8_t> at(uint64_t address, uint64_t size) const {
    if (address > bytes_.size() || size > bytes_.size() - address)
      throw Damaged("a part of it lies behind the end of the file");
    return bytes_.subspan(address, size);
  }
  [[nodiscard]] uint64_t size() const { return bytes_.size(); }

 private:
  static constexpr uint64_t kTimesRead = 4;  // names of weights are read more than once

  void charge(uint64_t& total, uint64_t size, uint64_t times) const {
    total += size;
    if (total / times > bytes_.size() + 4096)
      throw Damaged("parts of it overlap: more is read than the file holds");
  }

  std::span<const uint8_t> bytes_;
  uint64_t structures_ = 0, values_ = 0, unpacked_ = 0, text_ = 0;
};

// Throws Damaged unless the last four bytes are the checksum of those before them (Jenkins' lookup3).
void verify_checksum(std::span<const uint8_t> bytes);

}  // namespace tf_injector::detail::hdf5
