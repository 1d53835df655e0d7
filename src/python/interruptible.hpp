// Long work for a caller in Python: other Python threads run meanwhile, and Ctrl-C ends it.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tf_injector/campaign.hpp"
#include "tf_injector/estimate.hpp"

namespace tf_injector::detail::python {

// What the work says on the way, handed to the thread that holds the GIL. All may be empty.
struct Listener {
  std::function<void(const std::string&)> message = {};
  std::function<void(const std::string&)> warning = {};
  std::function<void(const Progress&)> progress = {};
  std::function<void(const EstimateProgress&)> estimate = {};
  // Called every few hundredths of a second, whatever there is to say: what it throws ends the work.
  std::function<void()> look = {};
  // Counts what an estimate asks for (EstimateCallbacks::count); the work waits for it.
  std::function<std::vector<int64_t>(const EstimateDraws&)> count = {};
};

// The callbacks of the work: they only note what there is to say.
class Talk {
 public:
  Talk();
  ~Talk();
  Talk(const Talk&) = delete;
  Talk& operator=(const Talk&) = delete;

  // `stop`: what ends the work. Valid as long as this object.
  [[nodiscard]] CampaignCallbacks callbacks(const std::atomic<bool>* stop);
  // counts_elsewhere: it is the listener who counts.
  [[nodiscard]] EstimateCallbacks estimate_callbacks(const std::atomic<bool>* stop,
                                                     bool counts_elsewhere = false);
  [[nodiscard]] std::function<void(const std::string&)> message();
  // Tells the listener what is new. With the GIL; throws what the listener throws.
  void tell(const Listener& listener);

 private:
  struct State;
  State* state_;
};

// Runs `work(stop, talk)` on a thread of its own. This thread, which holds the GIL, gives it away, takes it
// back every few hundredths of a second to look for signals, and tells the listener what is new. When a
// signal's handler or the listener raises, `stop` becomes true, the work is waited for, and that is thrown.
// What the work throws is thrown otherwise. Work that `stop_work` ended raises SystemExit, which ends a
// thread without a word. Throws `Error` (out of memory) where no thread can be started.
void run_interruptible(const std::function<void(const std::atomic<bool>& stop, Talk& talk)>& work,
                       const Listener& listener = {});

// The same for work that changes nothing and owns all that it uses: whatever raises is thrown at once, and
// the work, told to stop, comes to its end unheeded.
void run_abandonable(std::function<void(const std::atomic<bool>& stop, Talk& talk)> work,
                     const Listener& listener = {});

// What such work returns.
template <typename Work>
auto abandonable(Work work) {
  const auto result = std::make_shared<std::optional<decltype(work())>>();
  run_abandonable(
      [result, work = std::move(work)](const std::atomic<bool>&, Talk&) mutable { result->emplace(work()); });
  return *std::move(*result);
}

// Ends all work that other threads of this process have under way, and waits some seconds for its end. For
// the end of the interpreter: a thread that computes on while the process is taken down would crash it. With
// the GIL.
void stop_work();

}  // namespace tf_injector::detail::python
