// An incremental message digest of OpenSSL. Internal to io/: sha256 and md5 use it.
#pragma once

#include <openssl/evp.h>

#include <memory>
#include <string>

namespace tf_injector::detail {

class Digest {
 public:
  // `name` is for messages. Throws Error(internal) if OpenSSL lacks the algorithm.
  Digest(const EVP_MD* algorithm, const char* name);
  Digest(const Digest& other);

  void update(const void* data, size_t size);
  // The lower-case hex digest of all bytes so far; more may be added afterwards.
  [[nodiscard]] std::string hex() const;
  // Adds the bytes of a whole file. Throws Error(bad_input) if it cannot be read.
  void update_from_file(const std::string& path);

 private:
  struct Deleter {
    void operator()(EVP_MD_CTX* context) const noexcept { EVP_MD_CTX_free(context); }
  };
  void require(bool ok) const;

  const char* name_;
  std::unique_ptr<EVP_MD_CTX, Deleter> context_;
};

}  // namespace tf_injector::detail
