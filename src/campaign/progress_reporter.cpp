#include "campaign/progress_reporter.hpp"

#include <utility>

namespace tf_injector::detail {
namespace {

constexpr std::chrono::milliseconds kBetweenCalls{100};

}  // namespace

ProgressReporter::ProgressReporter(Callback callback, const Progress& before, int64_t images,
                                   std::function<Clock::time_point()> now)
    : callback_(std::move(callback)),
      images_(images),
      now_(std::move(now)),
      begin_(now_()),
      last_(begin_),
      progress_(before) {}

void ProgressReporter::advance(int64_t pairs) {
  pairs_.fetch_add(pairs, std::memory_order_relaxed);
  if (!callback_) return;
  const std::unique_lock lock(mutex_, std::try_to_lock);
  if (lock.owns_lock() && now_() - last_ >= kBetweenCalls) tell();
}

void ProgressReporter::rows_written(int64_t rows, int64_t critical) {
  const std::lock_guard lock(mutex_);
  progress_.rows_written += rows;
  progress_.critical += critical;
  progress_.images_evaluated += rows * images_;
}

void ProgressReporter::finish() {
  const std::lock_guard lock(mutex_);
  if (callback_) tell();
}

double ProgressReporter::seconds() const { return std::chrono::duration<double>(now_() - begin_).count(); }

void ProgressReporter::tell() {
  progress_.faults_done =
      static_cast<double>(pairs_.load(std::memory_order_relaxed)) / static_cast<double>(images_);
  progress_.seconds = seconds();
  callback_(progress_);
  last_ = now_();
}

}  // namespace tf_injector::detail
