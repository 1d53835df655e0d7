#include "data/tar_gz.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "archives.hpp"
#include "temporary_folder.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail::data {
namespace {

using test::gzipped;
using test::tar_end;
using test::tar_member;
using testing::HasSubstr;

// "<length> <key>=<value>\n"; the length counts itself.
std::string pax_record(const std::string& key, const std::string& value) {
  const std::string rest = " " + key + "=" + value + "\n";
  size_t size = rest.size() + 1;
  while (std::to_string(size).size() + rest.size() > size) ++size;
  return std::to_string(size) + rest;
}

// A member 'a' in GNU tar's sparse format 1.0: `content` is the map of its parts, padded, and what they hold.
std::string sparse_member(const std::string& size, const std::string& content) {
  const std::string records = pax_record("GNU.sparse.major", "1") + pax_record("GNU.sparse.minor", "0") +
                              pax_record("GNU.sparse.name", "a") + pax_record("GNU.sparse.realsize", size);
  return tar_member("p", records, 'x') + tar_member("./GNUSparseFile.0/a", content);
}

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
  std::string far_sum =
      gzipped(member + tar_end() + std::string(size_t{1} << 20, '\0'));  // far behind the member
  far_sum[far_sum.size() - 6] ^= 1;
  EXPECT_THAT(find(far_sum, "a"), HasSubstr("damaged .tar.gz"));
  EXPECT_THAT(find(gzipped(member.substr(0, 2000)), "a"), HasSubstr("in the middle of a member"));
  EXPECT_THAT(find(gzipped(member.substr(0, 2000)), "b"), HasSubstr("in the middle of a member"));
  EXPECT_THAT(find(gzipped(tar_member("L", "long name", 'L')), "b"), HasSubstr("in the middle of a member"));
  EXPECT_THAT(find(gzipped(std::string(2000, 'z')), "a"), HasSubstr("no tar archive"));
  std::string wrong_header = member;
  wrong_header[3] = 'q';
  EXPECT_THAT(find(gzipped(wrong_header + tar_end()), "a"), HasSubstr("no tar archive"));
  EXPECT_THAT(find(gzipped(tar_member("b", "x") + wrong_header + tar_end()), "b"),
              HasSubstr("damaged tar archive"));
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

TEST_F(TarGz, NamesAreComparedAndLinksAreNoFiles) {
  const std::string tar = tar_member("d/a", "", '2') + tar_member("d/a", "", '1') +
                          tar_member("d/a", "", '5') + tar_member("d/a", "", '3') +
                          tar_member("../../a", "up") + tar_member("/a", "root") + tar_end();
  EXPECT_EQ(find(gzipped(tar), "d/a"), "none");
  EXPECT_EQ(find(gzipped(tar), "../../a"), "up");
  EXPECT_EQ(find(gzipped(tar), "/a"), "root");
  const std::string with_body = tar_member("p", pax_record("comment", "x"), 'x') +
                                tar_member("a", "of a link", '1') + tar_member("b", "next") + tar_end();
  EXPECT_EQ(find(gzipped(with_body), "a"), "none");
  EXPECT_EQ(find(gzipped(with_body), "b"), "next");
}

TEST_F(TarGz, NamesOfAnyLetters) {  // the tests run in the locale "C", which knows ASCII only
  const std::string name = "\xC3\xA4/a";
  const std::string pax = tar_member("p", pax_record("path", name), 'x') + tar_member("short", "pax") +
                          tar_member("next", "x") + tar_end();
  EXPECT_EQ(find(gzipped(pax), name), "pax");
  EXPECT_EQ(find(gzipped(pax), "next"), "x");
  EXPECT_EQ(find(gzipped(tar_member("\xFF\xE4", "latin") + tar_end()), "\xFF\xE4"), "latin");
}

// Holes of a sparse file are not zeros that somebody stored: read as they lie there, the bytes would be
// others.
TEST_F(TarGz, SparseFilesAreRefused) {
  const auto archive = [](const std::string& size, std::string map) {
    map.resize(512, '\0');
    return gzipped(sparse_member(size, map + "text") + tar_member("b", "next") + tar_end());
  };
  const std::string hole_first = archive("900", "1\n896\n4\n");
  EXPECT_THAT(find(hole_first, "a"), HasSubstr("member 'a' is stored with holes"));
  EXPECT_EQ(find(hole_first, "b"), "next");
  EXPECT_THAT(find(archive("900", "2\n0\n4\n900\n0\n"), "a"), HasSubstr("without tar's --sparse"));
  EXPECT_THAT(find(archive("3", "1\n0\n4\n"), "a"), HasSubstr("member 'a' is stored with holes"));
  EXPECT_THAT(find(archive("4", "1\n896\n4\n"), "a"), HasSubstr("member 'a' is stored with holes"));
  EXPECT_EQ(find(archive("4", "1\n0\n4\n"), "a"), "text");
}

TEST_F(TarGz, HeadersThatTakeMemoryAreRefused) {
  const std::string name((size_t{1} << 20) + 1, 'n');
  EXPECT_THAT(find(gzipped(tar_member("L", name, 'L') + tar_member("a", "x") + tar_end()), "a"),
              HasSubstr("too large"));
  EXPECT_EQ(
      find(gzipped(tar_member("L", name.substr(2), 'L') + tar_member("a", "x") + tar_end()), name.substr(2)),
      "x");
  std::string nested;
  for (int i = 0; i < 100; ++i) nested += tar_member("L", "a", 'L');
  EXPECT_THAT(find(gzipped(nested + tar_member("a", "x") + tar_end()), "a"),
              HasSubstr("damaged tar archive"));
  std::string holes = "4000000\n";  // a map of more than 4 MiB, before any byte of the member
  for (int i = 0; i < 1000000; ++i) holes += "9999999\n1\n";
  EXPECT_THAT(find(gzipped(sparse_member("999999", holes) + tar_end()), "b"),
              HasSubstr("a member's header of more than 4 MiB"));
}

TEST_F(TarGz, OnlyTarInsideGzip) {
  const std::string tar = tar_member("a", "x") + tar_end();
  EXPECT_THAT(find(gzipped(gzipped(tar)), "a"), HasSubstr("no tar archive"));
  EXPECT_THAT(find(gzipped(std::string(100, 'z')), "a"), HasSubstr("no tar archive"));
  EXPECT_THAT(find(tar, "a"), HasSubstr("no gzip file"));
}

TEST(TarGzFile, MissingOrFolder) {
  const auto all = [](const std::string&) { return true; };
  EXPECT_THROW(static_cast<void>(find_in_tar_gz("/does/not/exist.tar.gz", all)), DatasetError);
  EXPECT_THROW(static_cast<void>(find_in_tar_gz(testing::TempDir(), all)), DatasetError);
}

}  // namespace
}  // namespace tf_injector::detail::data
