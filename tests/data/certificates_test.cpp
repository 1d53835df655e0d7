// Which certificates HTTPS servers are checked against. That the program follows them:
// tests/program/test_certificates.py.
#include "data/certificates.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "io/file.hpp"
#include "temporary_folder.hpp"
#include "tf_injector/datasets.hpp"

namespace tf_injector::detail::data {
namespace {

// The two variables as the test says; afterwards as they were.
class Environment {
 public:
  Environment(const char* file, const char* folder) {
    set("SSL_CERT_FILE", file);
    set("SSL_CERT_DIR", folder);
  }
  ~Environment() {
    for (const auto& [name, value] : before_) restore(name, value);
  }
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

 private:
  void set(const char* name, const char* value) {
    const char* old = std::getenv(name);
    before_.emplace_back(name, old == nullptr ? std::optional<std::string>() : std::string(old));
    value == nullptr ? ::unsetenv(name) : ::setenv(name, value, 1);
  }
  static void restore(const std::string& name, const std::optional<std::string>& value) {
    value ? ::setenv(name.c_str(), value->c_str(), 1) : ::unsetenv(name.c_str());
  }

  std::vector<std::pair<std::string, std::optional<std::string>>> before_;
};

class CertificatePlaces : public testing::Test {
 protected:
  std::string make(const std::string& name) {
    const std::string path = folder_ / name;
    write_atomic(path, "-----BEGIN CERTIFICATE-----\n");
    return path;
  }
  test::TemporaryFolder folder_;
};

TEST_F(CertificatePlaces, TheFirstBundleThatIsThereIsTaken) {
  const Environment environment(nullptr, nullptr);
  const std::string second = make("second.pem");
  const std::string third = make("third.pem");
  const std::string missing = folder_ / "missing.pem";
  const std::string a_folder = folder_ / "";
  const std::vector<const char*> bundles{missing.c_str(), a_folder.c_str(), second.c_str(), third.c_str()};
  const auto found = find_certificates(bundles);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->file, second);
  EXPECT_EQ(found->folder, "");
}

TEST_F(CertificatePlaces, WithoutAnyThereAreNone) {
  const Environment environment(nullptr, "");
  const std::string missing = folder_ / "missing.pem";
  EXPECT_FALSE(find_certificates(std::vector<const char*>{missing.c_str()}));
  EXPECT_FALSE(find_certificates({}));
}

TEST_F(CertificatePlaces, VariablesGoFirstEvenWhereNothingIsThere) {
  const std::string bundle = make("bundle.pem");
  const std::vector<const char*> bundles{bundle.c_str()};
  {
    const Environment environment("/missing/own.pem", nullptr);
    const auto found = find_certificates(bundles);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->file, "/missing/own.pem");
    EXPECT_EQ(found->folder, "");
  }
  const Environment environment(nullptr, "/missing/folder");
  const auto found = find_certificates(bundles);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->file, "");
  EXPECT_EQ(found->folder, "/missing/folder");
}

TEST_F(CertificatePlaces, ABundleThatIsNamedGoesBeforeTheUsualOnesAndBehindTheVariables) {
  const std::string usual = make("usual.pem");
  const std::vector<const char*> bundles{usual.c_str()};
  use_certificates("/named/cacert.pem");
  {
    const Environment environment(nullptr, nullptr);
    const auto found = find_certificates(bundles);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->file, "/named/cacert.pem");
    EXPECT_EQ(found->folder, "");
    EXPECT_TRUE(find_certificates({}));
    EXPECT_TRUE(has_certificates());
  }
  {
    const Environment environment(nullptr, "/missing/folder");
    EXPECT_EQ(find_certificates(bundles)->file, "");
  }
  use_certificates("");
  const Environment environment(nullptr, nullptr);
  EXPECT_EQ(find_certificates(bundles)->file, usual);
  EXPECT_FALSE(find_certificates({}));
}

}  // namespace
}  // namespace tf_injector::detail::data
