// The file that a signal handler puts in place.
#include "core/last_file.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

namespace tf_injector::detail {
namespace {

std::string content_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(LastFile, HoldsWhatWasSetLast) {
  const std::filesystem::path folder = std::filesystem::path(testing::TempDir()) / "last_file_test";
  std::filesystem::remove_all(folder);
  std::filesystem::create_directory(folder);
  const std::string path = folder / "status.json", temporary = folder / "status.tmp";
  for (int i = 0; i < 40; ++i) set_last_file(temporary, path, std::to_string(i));  // more than are kept
  EXPECT_FALSE(std::filesystem::exists(path));
  write_last_file();
  EXPECT_EQ(content_of(path), "39");
  set_last_file(temporary, path, "other");
  set_last_file("", "", "");
  write_last_file();
  EXPECT_EQ(content_of(path), "39");
  // Where it cannot be put in place the old one stays, and nothing is left behind.
  set_last_file(temporary, folder / "none/status.json", "other");
  write_last_file();
  EXPECT_FALSE(std::filesystem::exists(temporary));
  // Nothing that is there under the temporary name is written to.
  std::ofstream(temporary) << "foreign";
  set_last_file(temporary, path, "other");
  write_last_file();
  EXPECT_EQ(content_of(temporary), "foreign");
  EXPECT_EQ(content_of(path), "39");
  set_last_file("", "", "");
}

}  // namespace
}  // namespace tf_injector::detail
