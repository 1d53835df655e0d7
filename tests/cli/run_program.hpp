// Starts the program as a user does and keeps what it said.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace tf_injector::detail::cli {

struct Outcome {
  int exit_code = -1;
  std::string out, err;
};

inline std::string file_text(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

// The program at work. Its standard output goes to `out_path`, or to a file in `folder` whose text is
// returned.
class RunningProgram {
 public:
  RunningProgram(const std::vector<std::string>& words, std::string folder, std::string out_path = "")
      : folder_(std::move(folder)), out_path_(out_path.empty() ? folder_ + "/out" : std::move(out_path)) {
    std::filesystem::create_directories(folder_);
    std::vector<std::string> all = {TFI_PROGRAM};
    all.insert(all.end(), words.begin(), words.end());
    child_ = fork();
    if (child_ == 0) execute(all);
  }

  [[nodiscard]] pid_t id() const { return child_; }
  [[nodiscard]] std::string err_so_far() const { return file_text(folder_ + "/err"); }
  [[nodiscard]] bool has_ended() const {  // without taking the exit code, which wait() returns
    siginfo_t info{};
    return waitid(P_PID, static_cast<id_t>(child_), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
           info.si_pid == child_;
  }

  Outcome wait() {
    int status = 0;
    EXPECT_EQ(waitpid(child_, &status, 0), child_);
    EXPECT_TRUE(WIFEXITED(status));
    EXPECT_NE(WEXITSTATUS(status), 127) << TFI_PROGRAM << " is not built";
    const bool has_text = std::filesystem::is_regular_file(out_path_);
    return {WEXITSTATUS(status), has_text ? file_text(out_path_) : "", err_so_far()};
  }

 private:
  static void redirect(const std::string& path, int descriptor) {
    const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (file < 0 || dup2(file, descriptor) < 0) _exit(126);
  }

  [[noreturn]] void execute(std::vector<std::string>& words) const {
    redirect(out_path_, STDOUT_FILENO);
    redirect(folder_ + "/err", STDERR_FILENO);
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    execv(TFI_PROGRAM, arguments.data());
    _exit(127);
  }

  std::string folder_, out_path_;
  pid_t child_ = -1;
};

}  // namespace tf_injector::detail::cli
