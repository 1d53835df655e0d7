#include "io/digest.hpp"

#include <fcntl.h>

#include <array>
#include <cerrno>
#include <vector>

#include "io/posix.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail {

Digest::Digest(const EVP_MD* algorithm, const char* name) : name_(name), context_(EVP_MD_CTX_new()) {
  require(context_ != nullptr && EVP_DigestInit_ex(context_.get(), algorithm, nullptr) == 1);
}

Digest::Digest(const Digest& other) : name_(other.name_), context_(EVP_MD_CTX_new()) {
  require(context_ != nullptr && EVP_MD_CTX_copy_ex(context_.get(), other.context_.get()) == 1);
}

void Digest::require(bool ok) const {
  if (!ok) {
    throw Error(ErrorKind::internal, std::string("OpenSSL cannot compute ") + name_ +
                                         " (is the algorithm switched off in its settings?)");
  }
}

void Digest::update(const void* data, size_t size) {
  require(EVP_DigestUpdate(context_.get(), data, size) == 1);
}

std::string Digest::hex() const {
  const Digest copy(*this);  // a context takes no more data after it has given its digest
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  require(EVP_DigestFinal_ex(copy.context_.get(), digest.data(), &size) == 1);
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (unsigned i = 0; i < size; ++i) {
    text += kDigits[digest[i] >> 4];
    text += kDigits[digest[i] & 15];
  }
  return text;
}

void Digest::update_from_file(const std::string& path) {
  const posix::UniqueFd fd = posix::open_file(path, O_RDONLY);
  if (!fd.valid()) throw Error(ErrorKind::bad_input, posix::describe("read", path, errno));
  std::vector<unsigned char> block(size_t{1} << 18);
  for (;;) {
    const ptrdiff_t n = posix::read_full(fd.get(), block.data(), block.size());
    if (n < 0) throw Error(ErrorKind::bad_input, posix::describe("read", path, errno));
    update(block.data(), static_cast<size_t>(n));
    if (static_cast<size_t>(n) < block.size()) return;
  }
}

}  // namespace tf_injector::detail
