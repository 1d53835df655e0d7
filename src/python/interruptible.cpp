#include "python/interruptible.hpp"

#include <nanobind/nanobind.h>

#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

namespace nb = nanobind;

namespace tf_injector::detail::python {
namespace {

using namespace std::chrono_literals;

constexpr auto kLookForSignals = 20ms;

// Whether the work has ended, and how.
class Ending {
 public:
  void set(std::exception_ptr failure) {
    const std::lock_guard lock(mutex_);
    failure_ = std::move(failure);
    has_ended_ = true;
    changed_.notify_all();
  }
  // True once it has ended, false after `longest`.
  bool wait(std::chrono::milliseconds longest) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, longest, [this] { return has_ended_; });
  }
  [[nodiscard]] const std::exception_ptr& failure() const { return failure_; }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool has_ended_ = false;
  std::exception_ptr failure_;
};

bool wait_without_gil(Ending& ending, std::chrono::milliseconds longest) {
  const nb::gil_scoped_release release;
  return ending.wait(longest);
}

}  // namespace

struct Talk::State {
  std::mutex mutex;
  std::vector<std::pair<bool, std::string>> lines;  // whether it is a warning
  std::optional<Progress> progress;

  void add(bool is_warning, const std::string& line) {
    const std::lock_guard lock(mutex);
    lines.emplace_back(is_warning, line);
  }
};

Talk::Talk() : state_(new State) {}
Talk::~Talk() { delete state_; }

CampaignCallbacks Talk::callbacks(const std::atomic<bool>* stop) {
  CampaignCallbacks callbacks;
  callbacks.message = message();
  callbacks.warning = [this](const std::string& line) { state_->add(true, line); };
  callbacks.progress = [this](const Progress& progress) {
    const std::lock_guard lock(state_->mutex);
    state_->progress = progress;
  };
  callbacks.stop = stop;
  return callbacks;
}

std::function<void(const std::string&)> Talk::message() {
  return [this](const std::string& line) { state_->add(false, line); };
}

void Talk::tell(const Listener& listener) {
  std::vector<std::pair<bool, std::string>> lines;
  std::optional<Progress> progress;
  {
    const std::lock_guard lock(state_->mutex);
    lines.swap(state_->lines);
    progress.swap(state_->progress);
  }
  for (const auto& [is_warning, line] : lines) {
    const auto& tell_line = is_warning ? listener.warning : listener.message;
    if (tell_line) tell_line(line);
  }
  if (progress && listener.progress) listener.progress(*progress);
}

void run_interruptible(const std::function<void(const std::atomic<bool>& stop, Talk& talk)>& work,
                       const Listener& listener) {
  std::atomic<bool> stop{false};
  Talk talk;
  Ending ending;
  std::thread worker([&] {
    std::exception_ptr failure;
    try {
      work(stop, talk);
    } catch (...) {
      failure = std::current_exception();
    }
    ending.set(std::move(failure));
  });
  std::exception_ptr raised;
  try {
    while (!wait_without_gil(ending, kLookForSignals)) {
      if (PyErr_CheckSignals() != 0) throw nb::python_error();
      talk.tell(listener);
    }
  } catch (...) {
    raised = std::current_exception();
    stop = true;
  }
  {
    const nb::gil_scoped_release release;
    worker.join();
  }
  if (raised) std::rethrow_exception(raised);
  talk.tell(listener);
  if (ending.failure()) std::rethrow_exception(ending.failure());
}

}  // namespace tf_injector::detail::python
