#include "tf_injector/write_file.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <string>

namespace tf_injector::detail {
namespace {

// As /dev/null and <(...) of a shell are: to be written to, not to be replaced by a file.
TEST(WriteFile, APipeIsWrittenToAndStaysOne) {
  const std::string pipe = testing::TempDir() + "write_file_pipe_" + std::to_string(getpid());
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  const int reader = open(pipe.c_str(), O_RDWR | O_NONBLOCK);
  ASSERT_GE(reader, 0);
  write_file(pipe, "text");
  EXPECT_TRUE(std::filesystem::is_fifo(pipe));
  std::string read_back(8, ' ');
  const ssize_t count = read(reader, read_back.data(), read_back.size());
  close(reader);
  ASSERT_EQ(count, 4);
  EXPECT_EQ(read_back.substr(0, 4), "text");
  std::filesystem::remove(pipe);
}

}  // namespace
}  // namespace tf_injector::detail
