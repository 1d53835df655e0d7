// A message digest of OpenSSL's, incremental. Internal to io/: sha256 and md5 are made of it.
#pragma once

#include <openssl/evp.h>

#include <memory>
#include <string>

namespace tf_injector {

class Digest {
 public:
  // `name` is for messages. Throws Error(internal) when OpenSSL does not have the algorithm.
  Digest(const EVP_MD* algorithm, const char* name);
  Digest(const Digest& other);

  void update(const void* data, size_t size);
  // Lower-case hex digest of all so far; more may follow.
  [[nodiscard]] std::string hex() const;
  // Takes in a whole file. Throws Error(bad_input) when it cannot be read.
  void update_from_file(const std::string& path);

 private:
  struct Deleter {
    void operator()(EVP_MD_CTX* context) const noexcept { EVP_MD_CTX_free(context); }
  };
  void require(bool ok) const;

  const char* name_;
  std::unique_ptr<EVP_MD_CTX, Deleter> context_;
};

}  // namespace tf_injector
