// Little-endian numbers of an HDF5 file, read in order and never beyond the end.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

namespace tf_injector::detail::hdf5 {

inline constexpr uint64_t kUndefined = UINT64_MAX;  // an address that is none

// What is wrong with the structure; the caller adds the file.
class StructureProblem : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class Bytes {
 public:
  explicit Bytes(std::span<const uint8_t> bytes) : rest_(bytes) {}

  [[nodiscard]] size_t left() const noexcept { return rest_.size(); }
  [[nodiscard]] std::span<const uint8_t> rest() const noexcept { return rest_; }
  std::span<const uint8_t> take(uint64_t size) {
    if (size > rest_.size()) throw StructureProblem("something is cut short");
    const auto taken = rest_.first(size);
    rest_ = rest_.subspan(size);
    return taken;
  }
  void skip(uint64_t size) { (void)take(size); }
  uint64_t number(size_t size) {
    uint64_t value = 0;
    const auto bytes = take(size);
    for (size_t i = size; i-- > 0;) value = value << 8 | bytes[i];
    return value;
  }
  void expect(std::string_view signature) {
    const auto found = take(signature.size());
    if (!std::equal(found.begin(), found.end(), signature.begin(),
                    [](uint8_t a, char b) { return a == static_cast<uint8_t>(b); }))
      throw StructureProblem("no " + std::string(signature.substr(0, 4)) + " where one should be");
  }
  // Skips a text that ends with a NUL, both filled up to a multiple of `unit`.
  void skip_text(size_t unit) {
    size_t length = 0;
    while (length < rest_.size() && rest_[length] != 0) ++length;
    skip((length + unit) / unit * unit);
  }

 private:
  std::span<const uint8_t> rest_;
};

}  // namespace tf_injector::detail::hdf5
