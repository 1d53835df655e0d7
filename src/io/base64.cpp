#include "io/base64.hpp"

#include <openssl/evp.h>

#include <algorithm>
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

std::string base64_text(std::span<const uint8_t> bytes) {
  constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (size_t i = 0; i < bytes.size(); i += 3) {
    const size_t count = std::min<size_t>(3, bytes.size() - i);
    uint32_t group = 0;
    for (size_t k = 0; k < 3; ++k) group = group << 8 | (k < count ? bytes[i + k] : 0U);
    for (size_t k = 0; k < 4; ++k) text += k <= count ? kDigits[group >> (18 - 6 * k) & 63] : '=';
  }
  return text;
}

}  // namespace tf_injector::detail
