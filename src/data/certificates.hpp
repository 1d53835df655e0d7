// Where this machine keeps the certificates that HTTPS servers are checked against. A libcurl that is built
// on one distribution knows that one's place only.
#pragma once

#include <optional>
#include <span>
#include <string>

namespace tf_injector::detail::data {

// At least one is not empty.
struct Certificates {
  std::string file;    // a bundle in PEM form
  std::string folder;  // files named by hash (OpenSSL's c_rehash); may be several, with ':' between them
};

// Bundles of Debian, Ubuntu, Arch; RHEL, Fedora; SUSE; Alpine.
[[nodiscard]] std::span<const char* const> usual_bundles();

// From now on `find_certificates` gives this bundle instead of the first of the usual ones; "": no more.
void use_bundle(const std::string& path);

// SSL_CERT_FILE and SSL_CERT_DIR where one of them is set, as OpenSSL's own programs take them, else what
// `use_bundle` has named, else the first of `bundles` that is there. Nothing if there is none.
[[nodiscard]] std::optional<Certificates> find_certificates(
    std::span<const char* const> bundles = usual_bundles());

}  // namespace tf_injector::detail::data
