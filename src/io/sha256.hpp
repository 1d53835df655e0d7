// SHA-256 (OpenSSL), incremental or of whole files. Results are 64 lower-case hex digits.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

namespace tf_injector::detail {

class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;
  Sha256(const Sha256& other);
  void update(const void* data, size_t size);
  // The digest of all bytes so far; more may be added afterwards.
  [[nodiscard]] std::string hex() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

[[nodiscard]] std::string sha256_of(const void* data, size_t size);
// Throws Error(bad_input) if the file cannot be read.
[[nodiscard]] std::string sha256_of_file(const std::string& path);

}  // namespace tf_injector::detail
