#include "data/certificates.hpp"

#include <array>
#include <mutex>

#include "core/environment.hpp"
#include "data/file_probe.hpp"

namespace tf_injector::detail::data {
namespace {

std::mutex named_bundle_mutex;
std::string named_bundle;  // of use_bundle

}  // namespace

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

void use_bundle(const std::string& path) {
  const std::scoped_lock lock(named_bundle_mutex);
  named_bundle = path;
}

std::optional<Certificates> find_certificates(std::span<const char* const> bundles) {
  const auto file = environment_variable("SSL_CERT_FILE");
  const auto folder = environment_variable("SSL_CERT_DIR");
  if (file || folder) return Certificates{file.value_or(""), folder.value_or("")};
  {
    const std::scoped_lock lock(named_bundle_mutex);
    if (!named_bundle.empty()) return Certificates{named_bundle, ""};
  }
  for (const char* bundle : bundles)
    if (is_file(bundle)) return Certificates{bundle, ""};
  return std::nullopt;
}

}  // namespace tf_injector::detail::data
