#include "io/base64.hpp"

#include <openssl/evp.h>

#include <memory>

namespace tf_injector::detail {

std::optional<std::vector<uint8_t>> base64_bytes(std::string_view text) {
  constexpr size_t kLargest = size_t{1} << 24;  // libcrypto counts in int
  struct Deleter {
    void operator()(EVP_ENCODE_CTX* context) const noexcept { EVP_ENCODE_CTX_free(context); }
  };
  const std::unique_ptr<EVP_ENCODE_CTX, Deleter> context(EVP_ENCODE_CTX_new());
  if (!context || text.size() > kLargest) return std::nullopt;
  std::vector<uint8_t> bytes(text.size() / 4 * 3 + 64);
  int done = 0, rest = 0;
  EVP_DecodeInit(context.get());
  if (EVP_DecodeUpdate(context.get(), bytes.data(), &done, reinterpret_cast<const uint8_t*>(text.data()),
                       static_cast<int>(text.size())) < 0 ||
      EVP_DecodeFinal(context.get(), bytes.data() + done, &rest) < 0) {
    return std::nullopt;
  }
  bytes.resize(static_cast<size_t>(done + rest));
  return bytes;
}

}  // namespace tf_injector::detail
