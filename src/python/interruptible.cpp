#include "python/interruptible.hpp"

#include <cxxabi.h>
#include <nanobind/nanobind.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

#include "python/without_gil.hpp"
#include "tf_injector/error.hpp"

namespace nb = nanobind;

namespace tf_injector::detail::python {
namespace {

using namespace std::chrono_literals;

constexpr auto kLookForSignals = 20ms;
constexpr auto kLongestEnd = 10s;  // of work that was told to stop, before the process ends without it

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

// A call of run_interruptible.
struct Call {
  std::atomic<bool> stop{false};
  bool is_ended_by_exit = false;  // read and written with the GIL
  Ending ending;
  pid_t process = getpid();  // after a fork the work of the parent is not there
};

// Calls under way. Read and written with the GIL.
std::vector<std::shared_ptr<Call>>& calls() {
  static auto* const all = new std::vector<std::shared_ptr<Call>>;  // threads may outlive static objects
  return *all;
}

bool wait_without_gil(Ending& ending, std::chrono::milliseconds longest) {
  const WithoutGil release;
  return ending.wait(longest);
}

// The thread's own copy of `work` is what it calls.
std::thread start(Call& call, Talk& talk,
                  std::function<void(const std::atomic<bool>& stop, Talk& talk)> work) {
  try {
    return std::thread([&call, &talk, work = std::move(work)]() mutable {
      std::exception_ptr failure;
      try {
        work(call.stop, talk);
      } catch (...) {
        failure = std::current_exception();
      }
      const auto own =
          std::exchange(work, nullptr);  // what it keeps alive, `call` for one, until the very end
      call.ending.set(std::move(failure));
    });
  } catch (const std::system_error& error) {
    throw Error(ErrorKind::out_of_memory, "cannot start a thread: " + error.code().message());
  }
}

// Until the work has ended: looks for signals, and tells what is new. Returns what either raised.
std::exception_ptr attend(Call& call, Talk& talk, const Listener& listener) {
  try {
    while (!wait_without_gil(call.ending, kLookForSignals)) {
      if (PyErr_CheckSignals() != 0) throw nb::python_error();
      talk.tell(listener);
    }
  } catch (const abi::__forced_unwind&) {  // in the listener
    sleep_until_the_process_ends();
  } catch (...) {
    call.stop = true;
    return std::current_exception();
  }
  return {};
}

}  // namespace

struct Talk::State {
  std::mutex mutex;
  std::vector<std::pair<bool, std::string>> lines;  // whether it is a warning
  std::optional<Progress> progress;
  std::optional<EstimateProgress> estimate;
  // What an estimate waits for.
  std::optional<EstimateDraws> draws;
  std::optional<std::vector<int64_t>> counts;
  std::condition_variable counted;

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

EstimateCallbacks Talk::estimate_callbacks(const std::atomic<bool>* stop, bool counts_elsewhere) {
  EstimateCallbacks callbacks;
  callbacks.message = message();
  callbacks.progress = [this](const EstimateProgress& progress) {
    const std::lock_guard lock(state_->mutex);
    state_->estimate = progress;
  };
  callbacks.stop = stop;
  if (!counts_elsewhere) return callbacks;
  callbacks.count = [this, stop](const EstimateDraws& draws) {
    std::unique_lock lock(state_->mutex);
    state_->draws = draws;
    while (!state_->counts) {
      if (*stop) throw Error(ErrorKind::interrupted, "interrupted");
      state_->counted.wait_for(lock, kLookForSignals);
    }
    return *std::exchange(state_->counts, std::nullopt);
  };
  return callbacks;
}

std::function<void(const std::string&)> Talk::message() {
  return [this](const std::string& line) { state_->add(false, line); };
}

void Talk::tell(const Listener& listener) {
  std::vector<std::pair<bool, std::string>> lines;
  std::optional<Progress> progress;
  std::optional<EstimateProgress> estimate;
  std::optional<EstimateDraws> draws;
  {
    const std::lock_guard lock(state_->mutex);
    draws.swap(state_->draws);
    lines.swap(state_->lines);
    progress.swap(state_->progress);
    estimate.swap(state_->estimate);
  }
  for (const auto& [is_warning, line] : lines) {
    const auto& tell_line = is_warning ? listener.warning : listener.message;
    if (tell_line) tell_line(line);
  }
  if (progress && listener.progress) listener.progress(*progress);
  if (estimate && listener.estimate) listener.estimate(*estimate);
  if (listener.look) listener.look();
  if (!draws) return;
  std::vector<int64_t> counts = listener.count(*draws);
  const std::lock_guard lock(state_->mutex);
  state_->counts = std::move(counts);
  state_->counted.notify_all();
}

namespace {

// What is left to tell of a call whose work has ended; throws what ended it.
void conclude(const Call& call, Talk& talk, const Listener& listener) {
  if (call.is_ended_by_exit && call.ending.failure()) {
    PyErr_SetNone(PyExc_SystemExit);
    throw nb::python_error();
  }
  talk.tell(listener);
  if (call.ending.failure()) std::rethrow_exception(call.ending.failure());
}

// A call that is shared with its thread, which may outlive it.
struct Job {
  Call call;
  Talk talk;
};

}  // namespace

void run_interruptible(const std::function<void(const std::atomic<bool>& stop, Talk& talk)>& work,
                       const Listener& listener) {
  const auto call = std::make_shared<Call>();
  Talk talk;
  calls().push_back(call);
  std::thread worker;
  try {
    worker = start(*call, talk, work);
  } catch (...) {
    std::erase(calls(), call);
    throw;
  }
  const std::exception_ptr raised = attend(*call, talk, listener);
  {
    const WithoutGil release;
    worker.join();
  }
  std::erase(calls(), call);
  if (raised) std::rethrow_exception(raised);
  conclude(*call, talk, listener);
}

void run_abandonable(std::function<void(const std::atomic<bool>& stop, Talk& talk)> work,
                     const Listener& listener) {
  const auto job = std::make_shared<Job>();
  std::erase_if(calls(), [](const auto& call) { return call->ending.wait(0ms); });  // abandoned ones
  start(job->call, job->talk,
        [job, work = std::move(work)](const std::atomic<bool>& stop, Talk& talk) mutable {
          const auto own = std::exchange(work, nullptr);  // given back before the end is told
          own(stop, talk);
        })
      .detach();
  const std::shared_ptr<Call> call(job, &job->call);
  calls().push_back(call);
  const std::exception_ptr raised = attend(*call, job->talk, listener);
  if (raised) std::rethrow_exception(raised);
  std::erase(calls(), call);
  conclude(*call, job->talk, listener);
}

void stop_work() {
  std::vector<std::shared_ptr<Call>> stopped;
  for (const std::shared_ptr<Call>& call : calls())
    if (call->process == getpid()) stopped.push_back(call);
  for (const std::shared_ptr<Call>& call : stopped) call->stop = call->is_ended_by_exit = true;
  if (stopped.empty()) return;
  nb::set_leak_warnings(false);  // these threads may be ended before they have given back what they hold
  const WithoutGil release;
  const auto last = std::chrono::steady_clock::now() + kLongestEnd;
  for (const std::shared_ptr<Call>& call : stopped) {
    const auto left = last - std::chrono::steady_clock::now();
    call->ending.wait(std::max(0ms, std::chrono::duration_cast<std::chrono::milliseconds>(left)));
  }
}

}  // namespace tf_injector::detail::python
