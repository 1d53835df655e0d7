#include "io/sha256.hpp"

#include "io/digest.hpp"

namespace tf_injector::detail {

struct Sha256::Impl {
  Digest digest{EVP_sha256(), "SHA-256"};
};

Sha256::Sha256() : impl_(std::make_unique<Impl>()) {}
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;
Sha256::Sha256(const Sha256& other) : impl_(std::make_unique<Impl>(*other.impl_)) {}

void Sha256::update(const void* data, size_t size) { impl_->digest.update(data, size); }
std::string Sha256::hex() const { return impl_->digest.hex(); }

std::string sha256_of(const void* data, size_t size) {
  Sha256 hash;
  hash.update(data, size);
  return hash.hex();
}

std::string sha256_of_file(const std::string& path) {
  Digest digest(EVP_sha256(), "SHA-256");
  digest.update_from_file(path);
  return digest.hex();
}

}  // namespace tf_injector::detail
