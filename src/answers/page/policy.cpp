#include <fmt/format.h>

#include <cstdint>
#include <string>
#include <vector>

#include "answers/page/assets.hpp"
#include "io/base64.hpp"
#include "io/sha256.hpp"

namespace tf_injector::detail {
namespace {

// As the policy names a text: 'sha256-<base64 of the digest>'.
std::string source_of(std::string_view text) {
  const std::string hex = sha256_of(text.data(), text.size());
  std::vector<uint8_t> digest;
  for (size_t i = 0; i < hex.size(); i += 2)
    digest.push_back(static_cast<uint8_t>(std::stoi(hex.substr(i, 2), nullptr, 16)));
  return "'sha256-" + base64_text(digest) + "'";
}

}  // namespace

std::string content_security_policy(std::string_view style, std::string_view script) {
  return fmt::format("default-src 'none'; style-src {}; script-src {}; base-uri 'none'; form-action 'none'",
                     source_of(style), source_of(script));
}

}  // namespace tf_injector::detail
