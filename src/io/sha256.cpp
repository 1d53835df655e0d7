#include "io/sha256.hpp"

#include <fcntl.h>
#include <openssl/evp.h>

#include <array>
#include <cerrno>
#include <vector>

#include "io/posix.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector {
namespace {

struct ContextDeleter {
  void operator()(EVP_MD_CTX* context) const noexcept { EVP_MD_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_MD_CTX, ContextDeleter>;

void require(bool ok) {
  if (!ok)
    throw Error(ErrorKind::internal,
                "OpenSSL cannot compute SHA-256 (is the algorithm switched off in its settings?)");
}

Context new_context() {
  Context context(EVP_MD_CTX_new());
  require(context != nullptr);
  return context;
}

Context copy_of(const EVP_MD_CTX* from) {
  Context context = new_context();
  require(EVP_MD_CTX_copy_ex(context.get(), from) == 1);
  return context;
}

}  // namespace

struct Sha256::Impl {
  Context context;
};

Sha256::Sha256() : impl_(std::make_unique<Impl>()) {
  impl_->context = new_context();
  require(EVP_DigestInit_ex(impl_->context.get(), EVP_sha256(), nullptr) == 1);
}
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;
Sha256::Sha256(const Sha256& other) : impl_(std::make_unique<Impl>()) {
  impl_->context = copy_of(other.impl_->context.get());
}

void Sha256::update(const void* data, size_t size) {
  require(EVP_DigestUpdate(impl_->context.get(), data, size) == 1);
}

std::string Sha256::hex() const {
  const Context copy = copy_of(impl_->context.get());  // a context that gave its digest takes no more data
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  require(EVP_DigestFinal_ex(copy.get(), digest.data(), &size) == 1);
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (unsigned i = 0; i < size; ++i) {
    text += kDigits[digest[i] >> 4];
    text += kDigits[digest[i] & 15];
  }
  return text;
}

std::string sha256_of(const void* data, size_t size) {
  Sha256 hash;
  hash.update(data, size);
  return hash.hex();
}

std::string sha256_of_file(const std::string& path) {
  const posix::UniqueFd fd = posix::open_file(path, O_RDONLY);
  if (!fd.valid()) throw Error(ErrorKind::bad_input, posix::describe("read", path, errno));
  Sha256 hash;
  std::vector<unsigned char> block(size_t{1} << 18);
  for (;;) {
    const ptrdiff_t n = posix::read_full(fd.get(), block.data(), block.size());
    if (n < 0) throw Error(ErrorKind::bad_input, posix::describe("read", path, errno));
    hash.update(block.data(), static_cast<size_t>(n));
    if (static_cast<size_t>(n) < block.size()) return hash.hex();
  }
}

}  // namespace tf_injector
