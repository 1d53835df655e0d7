// Reads members of a zip file (stored or deflated) into memory, checking each member's CRC-32.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace tf_injector::detail {

class ZipArchive {
 public:
  // An archive with more members is refused before its list of them is read. GTSRB's largest has 39,213.
  static constexpr size_t kMostMembers = 50'000;

  // Opens the file and keeps it open; a pipe is read to its end. Throws Error(bad_input), naming the file:
  // missing, unreadable, not a zip archive, damaged.
  explicit ZipArchive(const std::string& path);
  // An archive in memory; `label` names it in messages. Throws as above.
  ZipArchive(std::vector<uint8_t> bytes, std::string label, size_t most_members = kMostMembers);
  ~ZipArchive();
  ZipArchive(ZipArchive&&) noexcept;
  ZipArchive& operator=(ZipArchive&&) noexcept;

  [[nodiscard]] std::vector<std::string> names() const;
  [[nodiscard]] bool contains(const std::string& name) const;
  // The member's bytes. Throws Error(bad_input): no such member (the message lists the members), wrong CRC or
  // size, larger than `max_bytes`.
  [[nodiscard]] std::vector<uint8_t> read(const std::string& name,
                                          uint64_t max_bytes = uint64_t{4} << 30) const;

  // True when the file starts with a zip signature.
  [[nodiscard]] static bool is_zip(const std::string& path);
  [[nodiscard]] static bool is_zip(std::span<const uint8_t> bytes);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tf_injector::detail
