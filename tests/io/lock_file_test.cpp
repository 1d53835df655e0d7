// Lock files and temporary files: whose they are, and when they may be taken or removed.
#include "io/lock_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <vector>

#include "io/file.hpp"
#include "io/process_identity.hpp"
#include "io/temporary_file.hpp"
#include "tf_injector/write_file.hpp"

namespace tf_injector::detail {
namespace {

namespace fs = std::filesystem;

class LockFileTest : public testing::Test {
 protected:
  LockFileTest() { fs::create_directories(folder_); }
  ~LockFileTest() override { fs::remove_all(folder_); }

  [[nodiscard]] std::string path(const std::string& name) const { return folder_ + "/" + name; }
  [[nodiscard]] size_t files() const {
    return static_cast<size_t>(std::distance(fs::directory_iterator(folder_), {}));
  }
  [[nodiscard]] bool can_take() {
    owner_.clear();
    return LockFile::try_take(lock_, owner_).has_value();
  }
  // A process that has been, and is no more.
  static ProcessIdentity ended_process() {
    ProcessIdentity process = this_process();
    const pid_t child = fork();
    if (child == 0) _exit(0);
    waitpid(child, nullptr, 0);
    process.process = child;
    return process;
  }

  const std::string folder_ = testing::TempDir() + "lock_file_" + std::to_string(getpid());
  const std::string lock_ = path("r.csv.lock");
  std::string owner_;
};

TEST_F(LockFileTest, IsHeldByOneAndGivenBack) {
  {
    const auto held = LockFile::try_take(lock_, owner_);
    ASSERT_TRUE(held.has_value());
    EXPECT_EQ(parse_identity(read_text(lock_).substr(0, read_text(lock_).find('\n'))), this_process());
    EXPECT_FALSE(can_take());
    EXPECT_EQ(owner_, "process " + std::to_string(getpid()) + " on " + host_name());
    EXPECT_EQ(files(), 1u);
  }
  EXPECT_EQ(files(), 0u);
  EXPECT_TRUE(can_take());
}

TEST_F(LockFileTest, OfAProcessThatIsCertainlyGoneIsTakenOver) {
  ProcessIdentity other_start = this_process();
  ++other_start.start;  // the process's number was given to another one
  for (const ProcessIdentity& gone : {ended_process(), other_start}) {
    write_atomic(lock_, identity_text(gone) + "\nhere\n");
    EXPECT_TRUE(is_gone(gone));
    EXPECT_TRUE(can_take());
    EXPECT_EQ(files(), 0u);
  }
}

// As in a container whose first process waits for none of the others.
TEST_F(LockFileTest, AProcessThatHasEndedAndThatNobodyWaitedForIsGone) {
  ProcessIdentity process = this_process();
  const pid_t child = fork();
  if (child == 0) _exit(0);
  siginfo_t ended{};
  waitid(P_PID, static_cast<id_t>(child), &ended, WEXITED | WNOWAIT);
  process.process = child;
  process.start = 0;
  EXPECT_TRUE(is_gone(process));
  waitpid(child, nullptr, 0);
}

TEST_F(LockFileTest, OfAProcessThatMayRunIsLeft) {
  ProcessIdentity elsewhere = ended_process(), unknown = elsewhere, alive = this_process();
  elsewhere.machine = "0123456789abcdef";
  unknown.machine = "";
  for (const ProcessIdentity& other : {elsewhere, unknown, alive}) {
    const std::string text = identity_text(other) + "\nnode3\n";
    write_atomic(lock_, text);
    EXPECT_FALSE(is_gone(other));
    EXPECT_FALSE(can_take());
    EXPECT_EQ(owner_, "process " + std::to_string(other.process) + " on node3");
    EXPECT_EQ(read_text(lock_), text);
    EXPECT_EQ(files(), 1u);
  }
  write_atomic(lock_, identity_text(elsewhere) + "\nnode\x1b[2J\n");
  EXPECT_FALSE(can_take());
  EXPECT_EQ(owner_, "process " + std::to_string(elsewhere.process) + " on node\\x1b[2J");
  write_atomic(lock_, "mine\n");
  EXPECT_FALSE(can_take());
  EXPECT_EQ(owner_, "no lock of tf_injector");
}

// Killed while it took over a lock: nobody can tell whose turn it is, so the user is asked.
TEST_F(LockFileTest, AnAbandonedClaimIsLeftAndNamed) {
  const ProcessIdentity gone = ended_process(), claimant = ended_process();
  write_atomic(lock_, identity_text(gone) + "\nhere\n");
  const std::string claim = lock_ + "." + identity_text(gone);
  write_atomic(claim, identity_text(claimant) + "\nhere\n");
  EXPECT_FALSE(can_take());
  EXPECT_THAT(owner_, testing::HasSubstr(claim));
  fs::remove(claim);
  EXPECT_TRUE(can_take());
}

TEST_F(LockFileTest, OfManyThatTakeOverAtOnceOneDoes) {
  for (int round = 0; round < 20; ++round) {
    write_atomic(lock_, identity_text(ended_process()) + "\nhere\n");
    int gate[2], tried[2], held[2];  // each is closed by the parent, or is written to by the others
    ASSERT_EQ(pipe(gate), 0);
    ASSERT_EQ(pipe(tried), 0);
    ASSERT_EQ(pipe(held), 0);
    std::vector<pid_t> processes;
    for (int i = 0; i < 8; ++i) {
      processes.push_back(fork());
      if (processes.back() != 0) continue;
      close(gate[1]);
      close(held[1]);
      char nothing = 0;
      std::string owner;
      if (read(gate[0], &nothing, 1) != 0) _exit(2);
      const auto lock = LockFile::try_take(lock_, owner);
      if (write(tried[1], &nothing, 1) != 1 || read(held[0], &nothing, 1) != 0) _exit(2);
      _exit(lock ? 0 : 1);
    }
    close(gate[1]);
    char byte = 0;
    for (size_t i = 0; i < processes.size(); ++i) EXPECT_EQ(read(tried[0], &byte, 1), 1);
    close(held[1]);
    int holders = 0;
    for (const pid_t process : processes) {
      int status = 0;
      waitpid(process, &status, 0);
      holders += WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 1 : 0;
    }
    for (const int end : {gate[0], tried[0], tried[1], held[0]}) close(end);
    EXPECT_EQ(holders, 1);
    fs::remove(lock_);
  }
}

TEST_F(LockFileTest, AbandonedTemporaryFilesAreRemovedAndNoOthers) {
  const auto name = [&](const ProcessIdentity& process, const std::string& end = "-0.tmp") {
    return path(".tf_injector-" + identity_text(process) + end);
  };
  ProcessIdentity elsewhere = ended_process();
  elsewhere.machine = "0123456789abcdef";
  const std::string gone = name(ended_process()), own = temporary_path(path("r.csv")),
                    foreign = name(elsewhere), old_form = path(".tf_injector-77-0.tmp"),
                    other_end = name(ended_process(), "-0.csv"), others = path("notes.tmp");
  for (const std::string& file : {gone, own, foreign, old_form, other_end, others}) write_atomic(file, "x");
  remove_abandoned_files(folder_, false);
  EXPECT_FALSE(fs::exists(gone));
  for (const std::string& file : {own, foreign, old_form, other_end, others})
    EXPECT_TRUE(fs::exists(file)) << file;
  remove_abandoned_files(folder_, true);
  for (const std::string& file : {foreign, old_form}) EXPECT_FALSE(fs::exists(file)) << file;
  for (const std::string& file : {own, other_end, others}) EXPECT_TRUE(fs::exists(file)) << file;
}

TEST_F(LockFileTest, WhoWritesAFileRemovesWhatWasAbandonedBesideIt) {
  const auto abandon = [&](const std::string& machine) {
    ProcessIdentity process = ended_process();
    if (!machine.empty()) process.machine = machine;
    const std::string file = path(".tf_injector-" + identity_text(process) + "-0.tmp");
    write_atomic(file, "x");
    return file;
  };
  const std::string foreign = abandon("0123456789abcdef");
  std::string gone = abandon("");
  check_writable(path("page.html"));
  EXPECT_FALSE(fs::exists(gone));
  gone = abandon("");
  write_file(path("page.html"), "page");
  EXPECT_FALSE(fs::exists(gone));
  EXPECT_TRUE(fs::exists(foreign));
}

}  // namespace
}  // namespace tf_injector::detail
