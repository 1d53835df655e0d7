// Tells the user's callback how far the run is: from one thread at a time, some ten times a second.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>

#include "core/wall_clock.hpp"
#include "tf_injector/campaign.hpp"

namespace tf_injector::detail {

class ProgressReporter {
 public:
  using Callback = std::function<void(const Progress&)>;
  // `before`: faults_total, faults_before, rows_written, critical and images_evaluated when the run starts.
  // `callback` may be empty. The clock starts now; `now`: what it shows, on any thread.
  ProgressReporter(Callback callback, const Progress& before, int64_t images,
                   std::function<Clock::time_point()> now = Clock::now);

  // On any thread: so many pairs of fault and image more are done. Throws what the callback throws.
  void advance(int64_t pairs);
  // Between blocks: the rows that went into the report.
  void rows_written(int64_t rows, int64_t critical);
  // Tells the callback for the last time.
  void finish();
  [[nodiscard]] double seconds() const;

 private:
  void tell();  // the caller holds mutex_

  Callback callback_;
  int64_t images_;
  std::function<Clock::time_point()> now_;
  Clock::time_point begin_, last_;
  std::mutex mutex_;  // of last_, progress_ and the callback
  Progress progress_;
  std::atomic<int64_t> pairs_{0};
};

}  // namespace tf_injector::detail
