#include "data/tar_gz.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "archives.hpp"
#include "temporary_folder.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::data {
namespace {

using test::gzipped;
using test::tar_end;
using test::tar_member;
using testing::HasSubstr;

class TarGz : public testing::Test {
 protected:
  // The member of the name, as text; "none", or what the DatasetError says.
  std::string find(const std::string& archive, const std::string& name) {
    const std::string path = folder_.write("a.tar.gz", archive);
    try {
      const auto member = find_in_tar_gz(path, [&name](const std::string& found) { return found == name; });
      return member ? test::text_of(member->bytes) : "none";
    } catch (const DatasetError& error) {
      EXPECT_THAT(error.what(), HasSubstr(path));
      return error.what();
    }
  }
  test::TemporaryFolder folder_;
};

TEST_F(TarGz, FindsTheFirstRegularFileOfTheName) {
  const std::string tar = tar_member("d/", "", '5') + tar_member("d/a", std::string(700, 'a')) +
                          tar_member("d/b", "link", '0') + tar_member("d/b", "later") + tar_end();
  EXPECT_EQ(find(gzipped(tar), "d/a"), std::string(700, 'a'));
  EXPECT_EQ(find(gzipped(tar), "d/b"), "link");
  EXPECT_EQ(find(gzipped(tar), "d/"), "none");
  EXPECT_EQ(find(gzipped(tar), "b"), "none");
}

TEST_F(TarGz, EndsWithOrWithoutZeroBlocksAndHoldsEmptyFiles) {
  EXPECT_EQ(find(gzipped(tar_member("a", "") + tar_member("b", "text")), "b"), "text");
  EXPECT_EQ(find(gzipped(tar_member("a", "")), "a"), "");
  EXPECT_EQ(find(gzipped(tar_end()), "a"), "none");
  EXPECT_EQ(find(gzipped(""), "a"), "none");
}

TEST_F(TarGz, UnderstandsLongNames) {
  const std::string name(150, 'n');
  const std::string gnu = tar_member("././@LongLink", name + std::string(1, '\0'), 'L') +
                          tar_member(name.substr(0, 100), "gnu") + tar_member("next", "x") + tar_end();
  EXPECT_EQ(find(gzipped(gnu), name), "gnu");
  EXPECT_EQ(find(gzipped(gnu), "next"), "x");
  const std::string pax = tar_member("p", "17 comment=hello\n160 path=" + name + "\n", 'x') +
                          tar_member("short", "pax") + tar_member("next", "x") + tar_end();
  EXPECT_EQ(find(gzipped(pax), name), "pax");
  EXPECT_EQ(find(gzipped(pax), "next"), "x");
}

TEST_F(TarGz, DamageIsOneClearError) {
  const std::string member = tar_member("a", std::string(5000, 'x'));
  const std::string good = gzipped(member + tar_end());
  EXPECT_THAT(find(good.substr(0, good.size() / 2), "a"), HasSubstr("fetch it again"));
  EXPECT_THAT(find(good.substr(0, good.size() - 1), "a"), HasSubstr("fetch it again"));
  std::string wrong_sum = good;
  wrong_sum[good.size() - 6] ^= 1;  // the CRC-32
  EXPECT_THAT(find(wrong_sum, "a"), HasSubstr("damaged .tar.gz"));
  EXPECT_THAT(find(gzipped(member.substr(0, 2000)), "a"), HasSubstr("in the middle of a member"));
  EXPECT_THAT(find(gzipped(std::string(2000, 'z')), "a"), HasSubstr("no tar archive"));
  std::string wrong_header = member;
  wrong_header[3] = 'q';
  EXPECT_THAT(find(gzipped(wrong_header + tar_end()), "a"), HasSubstr("no tar archive"));
  EXPECT_THAT(find(gzipped(tar_member("p", "999999 path=x\n", 'x') + member), "a"), HasSubstr("pax"));
  EXPECT_THAT(find(gzipped(tar_member("p", "x\n", 'x') + member), "a"), HasSubstr("pax"));
}

TEST_F(TarGz, SizesThatCannotBeAreRefusedBeforeMemoryIsTaken) {
  std::string huge = tar_member("a", "");
  huge.replace(124, 11, "77777777777");  // 8 GiB
  unsigned sum = 8 * ' ';
  for (size_t i = 0; i < 512; ++i) sum += (i >= 148 && i < 156) ? 0u : static_cast<uint8_t>(huge[i]);
  char checksum[8];
  std::snprintf(checksum, sizeof checksum, "%06o", sum);
  huge.replace(148, 7, checksum, 7);
  EXPECT_THAT(find(gzipped(huge + tar_end()), "a"), HasSubstr("no test set is that large"));
  EXPECT_THAT(find(gzipped(huge + tar_end()), "b"), HasSubstr("in the middle of a member"));
}

TEST(TarGzFile, MissingOrFolder) {
  const auto all = [](const std::string&) { return true; };
  EXPECT_THROW(static_cast<void>(find_in_tar_gz("/does/not/exist.tar.gz", all)), DatasetError);
  EXPECT_THROW(static_cast<void>(find_in_tar_gz(testing::TempDir(), all)), DatasetError);
}

}  // namespace
}  // namespace tf_injector::data
