#include "data/certificates.hpp"

#include <array>

#include "core/environment.hpp"
#include "data/file_probe.hpp"

namespace tf_injector::detail::data {

std::span<const char* const> usual_bundles() {
  static constexpr std::array kBundles{
      "/etc/ssl/certs/ca-certificates.crt",                 // Debian, Ubuntu, Arch, Gentoo, Alpine
      "/etc/pki/tls/certs/ca-bundle.crt",                   // RHEL, older Fedora
      "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",  // Fedora, RHEL
      "/etc/ssl/ca-bundle.pem",                             // SUSE
      "/var/lib/ca-certificates/ca-bundle.pem",             // SUSE
      "/etc/ssl/cert.pem",                                  // Alpine without ca-certificates
  };
  return kBundles;
}

std::optional<Certificates> find_certificates(std::span<const char* const> bundles) {
  const auto file = environment_variable("SSL_CERT_FILE");
  const auto folder = environment_variable("SSL_CERT_DIR");
  if (file || folder) return Certificates{file.value_or(""), folder.value_or("")};
  for (const char* bundle : bundles)
    if (is_file(bundle)) return Certificates{bundle, ""};
  return std::nullopt;
}

}  // namespace tf_injector::detail::data
