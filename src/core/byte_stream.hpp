// Values as the bytes that they have in memory, one behind the other, and back.
#pragma once

#include <cstddef>
#include <cstring>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>

namespace tf_injector::detail {

// There are fewer bytes than were asked for.
class ShortBytes : public std::runtime_error {
 public:
  ShortBytes() : std::runtime_error("bytes are missing") {}
};

// Appends to `bytes`, which must outlive it.
class ByteWriter {
 public:
  explicit ByteWriter(std::string& bytes) : bytes_(bytes) {}

  template <typename T>
  void value(const T& value) {
    values(std::span<const T>(&value, 1));
  }
  template <typename T>
  void values(std::span<const T> values) {
    static_assert(std::has_unique_object_representations_v<T> || std::is_floating_point_v<T>);
    bytes_.append(reinterpret_cast<const char*>(values.data()), values.size_bytes());
  }

 private:
  std::string& bytes_;
};

// Reads from bytes that must outlive it.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : bytes_(bytes) {}

  template <typename T>
  [[nodiscard]] T value() {
    T value{};
    values(std::span<T>(&value, 1));
    return value;
  }
  template <typename T>
  void values(std::span<T> values) {
    const std::string_view found = text(values.size_bytes());
    if (!found.empty()) std::memcpy(values.data(), found.data(), found.size());
  }
  [[nodiscard]] std::string_view text(size_t size) {
    if (size > bytes_.size()) throw ShortBytes();
    const std::string_view found = bytes_.substr(0, size);
    bytes_.remove_prefix(size);
    return found;
  }
  [[nodiscard]] size_t bytes_left() const noexcept { return bytes_.size(); }
  [[nodiscard]] bool is_at_end() const noexcept { return bytes_.empty(); }

 private:
  std::string_view bytes_;
};

}  // namespace tf_injector::detail
