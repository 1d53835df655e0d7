// Runs that are killed or stopped while a block is worked on, and what they leave beside their report.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <exception>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "campaign/campaign_fixture.hpp"

namespace tf_injector::detail::test {

class KeptWorkTest : public ReplayCampaignTest {
 protected:
  struct Way {  // how a run works
    EngineChoice engine = default_engine();
    size_t block = 0;
    EngineHooks hooks = {};
  };
  // Whether the run ends because `stop` became true; false: it is done.
  bool is_stopped(const RunInputs& inputs, const RunOptions& options, const RunTuning& tuning,
                  const std::atomic<bool>& stop) {
    CampaignCallbacks callbacks;
    callbacks.stop = &stop;
    callbacks.message = [this](const std::string& text) { messages_.push_back(text); };
    callbacks.warning = [this](const std::string& text) { warnings_.push_back(text); };
    try {
      run(inputs, options, tuning, callbacks);
      return false;
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::interrupted) throw;
      return true;
    }
  }
  // Keeps what is done after every piece. Ends when this piece (from 0) begins: true; false: it is done.
  bool run_to_piece(const RunInputs& inputs, const RunOptions& options, const Way& way, int piece) {
    std::atomic<bool> stop{false};
    std::atomic<int> pieces{0};
    EngineHooks hooks = way.hooks;
    hooks.piece = [&](size_t, size_t) { stop = pieces++ >= piece; };
    RunTuning tuning = tuning_with(hooks, way.block, way.engine);
    tuning.keep_seconds = 0;
    return is_stopped(inputs, options, tuning, stop);
  }
  void run_to_end(const RunInputs& inputs, const RunOptions& options, const Way& way) {
    EXPECT_FALSE(run_to_piece(inputs, options, way, 1 << 30));
  }
  // With these files (path, bytes) in place a run to the end says `what`.
  void expect_said(const RunInputs& inputs, const RunOptions& options, const Way& way,
                   const std::vector<std::pair<std::string, std::string>>& files, const std::string& what) {
    for (const auto& [file, bytes] : files) write_atomic(file, bytes);
    messages_.clear();
    run_to_end(inputs, options, way);
    EXPECT_THAT(messages_, testing::Contains(testing::HasSubstr(what)));
  }
  [[nodiscard]] bool has_work() const {
    return file_exists(path("r.run.part")) || file_exists(path("r.run.part.scores"));
  }
  [[nodiscard]] int taken_up() const {
    return static_cast<int>(std::count_if(messages_.begin(), messages_.end(), [](const std::string& text) {
      return text.find(" faults are done already") != std::string::npos;
    }));
  }
  // A process of its own that keeps what is done after every piece; false: it was done before it was killed.
  bool is_killed_after(const RunInputs& inputs, const RunOptions& options, size_t block,
                       unsigned microseconds) {
    const pid_t child = fork();
    if (child == 0) {
      RunTuning tuning = blocks_of(block);
      tuning.keep_seconds = 0;
      try {
        run(inputs, options, tuning);
      } catch (const std::exception&) {
        _exit(1);
      }
      _exit(0);
    }
    usleep(microseconds);
    kill(child, SIGKILL);
    int status = 0;
    EXPECT_EQ(waitpid(child, &status, 0), child);
    if (WIFSIGNALED(status)) return true;
    EXPECT_EQ(WEXITSTATUS(status), 0);
    return false;
  }
  // Keeps what is done after every part of the golden run; ends in this one (from 0): true; false: it is
  // done. `images` grows by those that were evaluated.
  bool run_to_golden(const RunInputs& inputs, const RunOptions& options, int part, int& images) {
    std::atomic<bool> stop{false};
    int parts = 0;
    EngineHooks hooks;
    hooks.spoil_golden = [&](std::span<float> scores) {
      stop = parts++ >= part;
      images += static_cast<int>(scores.size()) / 7;
    };
    hooks.block = [&](size_t) { parts = -(1 << 20); };  // it is done
    RunTuning tuning = tuning_with(hooks, 7, plain_engine());
    tuning.keep_seconds = 0;
    return is_stopped(inputs, options, tuning, stop);
  }
  void begin_anew() const {
    fs::remove_all(path(""));
    fs::create_directories(path(""));
  }
  // {name: content} of a folder of scores.
  [[nodiscard]] std::map<std::string, std::string> scores_in(const std::string& folder) const {
    std::map<std::string, std::string> files;
    if (!fs::exists(path(folder))) return files;
    for (const auto& entry : fs::directory_iterator(path(folder)))
      files[entry.path().filename().string()] = read_text(entry.path().string());
    return files;
  }
  void expect_same_scores(const std::string& folder, const std::string& of) const {
    EXPECT_TRUE(scores_in(folder) == scores_in(of));
  }
  void expect_no_wrong_scores(const std::string& folder, const std::string& of) const {
    const auto expected = scores_in(of);
    for (const auto& [name, content] : scores_in(folder)) {
      if (name.ends_with(".tmp")) continue;  // of a process that was killed
      ASSERT_TRUE(expected.contains(name)) << name;
      EXPECT_TRUE(content == expected.at(name)) << name;
    }
  }
  // What stands beside a report, its name left out.
  [[nodiscard]] std::set<std::string> files_beside(const std::string& report) const {
    std::set<std::string> names;
    for (const auto& entry : fs::directory_iterator(path(""))) {
      const std::string name = entry.path().filename().string();
      if (name.starts_with(report + ".") || name == report) names.insert(name.substr(report.size()));
    }
    return names;
  }

  std::vector<std::string> messages_, warnings_;
};

inline CaseOptions many_images() {
  CaseOptions c;
  c.images = 37;
  return c;
}

}  // namespace tf_injector::detail::test
