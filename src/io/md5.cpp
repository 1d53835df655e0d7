#include "io/md5.hpp"

#include <fcntl.h>
#include <openssl/evp.h>

#include <array>
#include <cerrno>
#include <memory>
#include <vector>

#include "io/posix.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector {
namespace {

struct ContextDeleter {
  void operator()(EVP_MD_CTX* context) const noexcept { EVP_MD_CTX_free(context); }
};

void require(bool ok) {
  if (!ok)
    throw Error(ErrorKind::internal,
                "OpenSSL cannot compute MD5 (is the algorithm switched off in its settings?)");
}

}  // namespace

std::string md5_of_file(const std::string& path) {
  const posix::UniqueFd fd = posix::open_file(path, O_RDONLY);
  if (!fd.valid()) throw Error(ErrorKind::bad_input, posix::describe("read", path, errno));
  const std::unique_ptr<EVP_MD_CTX, ContextDeleter> context(EVP_MD_CTX_new());
  require(context != nullptr && EVP_DigestInit_ex(context.get(), EVP_md5(), nullptr) == 1);
  std::vector<unsigned char> block(size_t{1} << 18);
  for (ptrdiff_t n = static_cast<ptrdiff_t>(block.size()); n == static_cast<ptrdiff_t>(block.size());) {
    n = posix::read_full(fd.get(), block.data(), block.size());
    if (n < 0) throw Error(ErrorKind::bad_input, posix::describe("read", path, errno));
    require(EVP_DigestUpdate(context.get(), block.data(), static_cast<size_t>(n)) == 1);
  }
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  require(EVP_DigestFinal_ex(context.get(), digest.data(), &size) == 1);
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (unsigned i = 0; i < size; ++i) {
    text += kDigits[digest[i] >> 4];
    text += kDigits[digest[i] & 15];
  }
  return text;
}

}  // namespace tf_injector
