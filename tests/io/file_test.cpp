// Whole reads and writes, folders, durable appends: what is on the disk after success, after failure, and who
// may write.
#include "io/file.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "io/posix.hpp"
#include "io/process_identity.hpp"
#include "support/file_size_limit.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;

// The error that `action` throws.
Error error_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error;
  }
  ADD_FAILURE() << "no error was thrown";
  return {ErrorKind::internal, ""};
}

class File : public testing::Test {
 protected:
  void SetUp() override {
    folder_ =
        testing::TempDir() + "tfi_file_" + testing::UnitTest::GetInstance()->current_test_info()->name();
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  [[nodiscard]] std::string path(const std::string& name) const { return folder_ + "/" + name; }
  void put(const std::string& name, const std::string& text) const {
    std::ofstream(path(name), std::ios::binary) << text;
  }
  // The names in the folder: a temporary file that stays would be seen.
  [[nodiscard]] std::vector<std::string> names() const {
    std::vector<std::string> list;
    for (const auto& entry : fs::directory_iterator(folder_)) list.push_back(entry.path().filename());
    std::sort(list.begin(), list.end());
    return list;
  }

  std::string folder_;
};

TEST_F(File, ReadsWholeFiles) {
  for (const size_t size : {size_t{0}, size_t{1}, size_t{5000}, (size_t{1} << 20) + 3}) {
    std::string text(size, 'x');
    if (size > 2) text[1] = '\0';
    put("a", text);
    EXPECT_EQ(read_text(path("a")), text);
    EXPECT_EQ(read_bytes(path("a")), std::vector<uint8_t>(text.begin(), text.end()));
  }
}

TEST_F(File, ReadsFilesWhoseSizeIsNotKnown) {
  EXPECT_THAT(read_text("/proc/self/status"), HasSubstr("VmPeak"));  // its size is given as 0
  const std::string pipe = path("pipe");
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  const std::string text(3'000'000, 'p');
  std::jthread writer([&] { std::ofstream(pipe) << text; });
  EXPECT_EQ(read_text(pipe), text);
}

TEST_F(File, WhatCannotBeReadIsSaidWithItsPath) {
  const Error missing = error_of([&] { (void)read_text(path("none")); });
  EXPECT_EQ(missing.kind(), ErrorKind::bad_input);
  EXPECT_EQ(missing.what(), "cannot read '" + path("none") + "': No such file or directory");
  EXPECT_EQ(error_of([&] { (void)read_bytes(folder_); }).what(),
            "cannot read '" + folder_ + "': Is a directory");
  put("a", "x");
  EXPECT_THAT(error_of([&] { (void)read_text(path("a/b")); }).what(), HasSubstr("Not a directory"));
}

TEST_F(File, Exists) {
  EXPECT_FALSE(file_exists(path("a")));
  put("a", "");
  EXPECT_TRUE(file_exists(path("a")));
  EXPECT_TRUE(file_exists(folder_));
}

TEST_F(File, MakesFoldersWithTheirParents) {
  make_folders(path("a/b//c/"));
  EXPECT_TRUE(fs::is_directory(path("a/b/c")));
  make_folders(path("a/b"));  // there already
  put("file", "");
  for (const std::string name : {"file", "file/sub"}) {
    const Error error = error_of([&] { make_folders(path(name)); });
    EXPECT_EQ(error.kind(), ErrorKind::output);
    EXPECT_EQ(error.what(), "cannot make the folder '" + path("file") + "': Not a directory");
  }
}

TEST_F(File, FolderOf) {
  EXPECT_EQ(posix::folder_of("a/b/c"), "a/b");
  EXPECT_EQ(posix::folder_of("/a"), "/");
  EXPECT_EQ(posix::folder_of("a"), ".");
}

TEST_F(File, WriteAtomicReplacesAndLeavesNothingElse) {
  write_atomic(path("a"), "one");
  EXPECT_EQ(read_text(path("a")), "one");
  write_atomic(path("a"), std::string("t\0o", 3));
  EXPECT_EQ(read_text(path("a")), std::string("t\0o", 3));
  EXPECT_THAT(names(), testing::ElementsAre("a"));
}

TEST_F(File, WriteAtomicKeepsPermissionsAndObeysTheUmask) {
  const mode_t before = ::umask(027);
  write_atomic(path("new"), "x");
  ::umask(before);
  struct stat info {};
  ASSERT_EQ(::stat(path("new").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777u, 0640u);
  ASSERT_EQ(::chmod(path("new").c_str(), 0604), 0);
  write_atomic(path("new"), "y");
  ASSERT_EQ(::stat(path("new").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777u, 0604u);
}

TEST_F(File, WriteAtomicThatFailsLeavesTheOldContent) {
  put("a", "old");
  {
    const test::FileSizeLimit limit(1000);
    const Error error = error_of([&] { write_atomic(path("a"), std::string(5000, 'x')); });
    EXPECT_EQ(error.kind(), ErrorKind::output);
    EXPECT_EQ(error.what(),
              "cannot write '" + path("a") + "': File too large; raise the file size limit (ulimit -f)");
  }
  EXPECT_EQ(read_text(path("a")), "old");
  EXPECT_THAT(names(), testing::ElementsAre("a"));
}

TEST_F(File, WriteAtomicToWhatIsNoFile) {
  EXPECT_EQ(error_of([&] { write_atomic(folder_, "x"); }).what(),
            "cannot write '" + folder_ + "': it exists and is not a regular file");
  EXPECT_EQ(error_of([&] { write_atomic(path("none/a"), "x"); }).what(),
            "cannot write '" + path("none/a") + "': No such file or directory");
  EXPECT_THAT(names(), testing::IsEmpty());
}

TEST_F(File, WriteAtomicOverFilesOfAKilledProcess) {
  // The names that this process would take first exist already.
  for (int i = 0; i < 90; ++i)
    put(".tf_injector-" + identity_text(this_process()) + "-" + std::to_string(i) + ".tmp", "old");
  write_atomic(path("a"), "x");
  EXPECT_EQ(read_text(path("a")), "x");
}

TEST_F(File, ReadOnlyFolder) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may write everywhere";
  ASSERT_EQ(::chmod(folder_.c_str(), 0555), 0);
  EXPECT_THAT(error_of([&] { write_atomic(path("a"), "x"); }).what(), HasSubstr("Permission denied"));
  EXPECT_THAT(error_of([&] { make_folders(path("b")); }).what(), HasSubstr("Permission denied"));
  EXPECT_THAT(error_of([&] { AppendFile(path("c"), AppendFile::Mode::create_new); }).what(),
              HasSubstr("Permission denied"));
  ASSERT_EQ(::chmod(folder_.c_str(), 0755), 0);
}

TEST_F(File, AppendsAreThereAtOnceAndGoOn) {
  {
    AppendFile file(path("a"), AppendFile::Mode::create_new);
    EXPECT_EQ(file.size(), 0u);
    file.append("one\n");
    EXPECT_EQ(read_text(path("a")), "one\n");
    file.append("");
    file.append("two\n");
    EXPECT_EQ(file.size(), 8u);
    EXPECT_EQ(read_text(path("a")), "one\ntwo\n");
  }
  AppendFile file(path("a"), AppendFile::Mode::open_existing);
  EXPECT_EQ(file.size(), 8u);
  AppendFile moved(std::move(file));
  moved.append("three\n");
  EXPECT_EQ(read_text(path("a")), "one\ntwo\nthree\n");
  moved.truncate(4);
  EXPECT_EQ(moved.size(), 4u);
  moved.append("2\n");
  EXPECT_EQ(read_text(path("a")), "one\n2\n");
}

TEST_F(File, TruncateNeverExtends) {
  AppendFile file(path("a"), AppendFile::Mode::create_new);
  file.append("one");
  EXPECT_EQ(error_of([&] { file.truncate(4); }).kind(), ErrorKind::internal);
  EXPECT_EQ(read_text(path("a")), "one");
}

TEST_F(File, AFailedAppendIsCutBackAndTheNextGoesOn) {
  AppendFile file(path("a"), AppendFile::Mode::create_new);
  file.append(std::string(900, 'a'));
  {
    const test::FileSizeLimit limit(1000);  // 100 bytes of the append fit: they must not stay
    const Error error = error_of([&] { file.append(std::string(200, 'b')); });
    EXPECT_EQ(error.kind(), ErrorKind::output);
    EXPECT_THAT(error.what(), AllOf(HasSubstr(path("a")), HasSubstr("File too large")));
    EXPECT_EQ(read_text(path("a")), std::string(900, 'a'));
  }
  EXPECT_EQ(file.size(), 900u);
  file.append("c");
  EXPECT_EQ(read_text(path("a")), std::string(900, 'a') + "c");
}

TEST_F(File, AppendNoticesThatSomebodyElseChangedTheFile) {
  namespace fs = std::filesystem;
  const std::vector<std::pair<const char*, std::function<void()>>> cases = {
      {"is gone", [&] { fs::remove(path("a")); }},
      {"is another file now",
       [&] {
         write_atomic(path("b"), "12345");
         fs::rename(path("b"), path("a"));
       }},
      {"has another length now", [&] { fs::resize_file(path("a"), 3); }},
      {"has another length now", [&] { fs::resize_file(path("a"), 9); }},
  };
  for (const auto& [what, change] : cases) {
    fs::remove(path("a"));
    AppendFile file(path("a"), AppendFile::Mode::create_new);
    file.append("12345");
    file.require_untouched();
    change();
    EXPECT_THAT(error_of([&] { file.append("67"); }).what(), HasSubstr(what));
    EXPECT_THAT(error_of([&] { file.require_untouched(); }).what(), HasSubstr(what));
  }
}

TEST_F(File, AppendOnAFullDevice) {
  if (::access("/dev/full", W_OK) != 0) GTEST_SKIP() << "no /dev/full";
  const Error error = error_of([] { AppendFile("/dev/full", AppendFile::Mode::open_existing); });
  EXPECT_STREQ(error.what(), "cannot append to '/dev/full': it is not a regular file");
}

TEST_F(File, OpeningRefusesWhatIsNotThereOrThereAlready) {
  put("a", "x");
  EXPECT_EQ(error_of([&] { AppendFile(path("a"), AppendFile::Mode::create_new); }).what(),
            "cannot create '" + path("a") + "': File exists");
  EXPECT_EQ(error_of([&] { AppendFile(path("b"), AppendFile::Mode::open_existing); }).what(),
            "cannot open for writing '" + path("b") + "': No such file or directory");
  EXPECT_EQ(error_of([&] { AppendFile(folder_, AppendFile::Mode::open_existing); }).kind(),
            ErrorKind::output);
  ASSERT_EQ(::mkfifo(path("pipe").c_str(), 0600), 0);
  EXPECT_THAT(error_of([&] { AppendFile(path("pipe"), AppendFile::Mode::open_existing); }).what(),
              HasSubstr("it is not a regular file"));  // and does not wait for a reader
  EXPECT_EQ(read_text(path("a")), "x");
}

TEST_F(File, ASecondWriterIsRefusedUntilTheFirstIsGone) {
  std::optional<AppendFile> first(std::in_place, path("a"), AppendFile::Mode::create_new);
  first->append("one");
  const Error error = error_of([&] { AppendFile(path("a"), AppendFile::Mode::open_existing); });
  EXPECT_EQ(error.kind(), ErrorKind::busy);
  EXPECT_THAT(error.what(), HasSubstr("'" + path("a") + "' is in use by another run"));
  first.reset();
  EXPECT_EQ(AppendFile(path("a"), AppendFile::Mode::open_existing).size(), 3u);
}

TEST_F(File, TheLockEndsWithTheProcess) {
  put("a", "x");
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const AppendFile file(path("a"), AppendFile::Mode::open_existing);
    (void)!::write(ready[1], "x", 1);
    for (;;) ::pause();
  }
  char byte = 0;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  EXPECT_EQ(error_of([&] { AppendFile(path("a"), AppendFile::Mode::open_existing); }).kind(),
            ErrorKind::busy);
  ASSERT_EQ(::kill(child, SIGKILL), 0);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_NO_THROW(AppendFile(path("a"), AppendFile::Mode::open_existing));
  ::close(ready[0]);
  ::close(ready[1]);
}

}  // namespace
}  // namespace tf_injector::detail
