// Many campaigns in one process, some of them stopped at any moment and gone on with: weights, golden scores,
// open files and memory are at the end what they were at the start. TFI_SOAK_FAULTS: how many faults
// (scripts/long soak: a million).
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <numeric>
#include <random>
#include <thread>

#include "campaign/campaign_fixture.hpp"
#include "core/process_memory.hpp"
#include "session/constant_hashes.hpp"

namespace tf_injector::detail::test {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kCountsMemory = false;  // a sanitizer keeps what is freed
#else
constexpr bool kCountsMemory = true;
#endif
constexpr int64_t kFaultsOfShortRun = 2'000, kLeastFaults = 1'000;
constexpr int64_t kCampaigns = 40, kLargestCampaign = 25'000, kLargestInterrupted = 200;
constexpr double kMostGrowth = 1 << 20;  // bytes

int64_t wanted_faults() {
  const char* text = std::getenv("TFI_SOAK_FAULTS");
  return text != nullptr ? std::max<int64_t>(std::atoll(text), kLeastFaults) : kFaultsOfShortRun;
}

size_t open_files() {
  const fs::directory_iterator files("/proc/self/fd");
  return static_cast<size_t>(std::distance(begin(files), end(files)));
}

// What the process holds when all that is freed is given back.
double resident_bytes() {
  give_back_freed_memory();
  return static_cast<double>(process_memory().now);
}

// Mean of a part of the values.
double mean_of(const std::vector<double>& values, double from, double to) {
  const auto at = [&](double share) {
    return static_cast<ptrdiff_t>(share * static_cast<double>(values.size()));
  };
  const auto first = values.begin() + at(from), last = values.begin() + std::max(at(to), at(from) + 1);
  return std::accumulate(first, last, 0.0) / static_cast<double>(last - first);
}

class SoakTest : public CampaignTest {
 protected:
  SoakTest()
      : rng_(5), builder_(rng_, kCase.network), graph_(builder_.build()), data_(random_dataset(rng_, kCase)) {
    make_new_session();
  }
  void make_new_session() {
    RunTuning tuning = blocks_of(100);
    session_.reset();
    session_ = std::make_unique<Session>(
        make_session(model_of(graph_, "m", std::string(64, 'a')), data_, {.threads = 2}, std::move(tuning)));
  }
  FaultList new_list(int64_t faults) {
    return list_of(random_list(rng_, graph_, builder_.kernels, static_cast<int>(faults)));
  }
  // A campaign of other faults each time.
  void run_one(int64_t faults) {
    const FaultList list = new_list(faults);
    const Campaign campaign(*session_, list);
    run_campaign(campaign, path("r.csv"), nullptr);
  }
  // One that is stopped again and again until it is done, and its bytes are those of one that is not.
  int run_interrupted(int64_t faults) {
    const FaultList list = new_list(faults);
    const Campaign campaign(*session_, list, {.scores = ScoreMode::changed});
    run_campaign(campaign, path("whole.csv"), nullptr);
    int stops = 0;
    for (bool is_done = false; !is_done; ++stops) {
      std::atomic<bool> stop{false};
      const auto after =
          std::chrono::microseconds(rng_() % (20'000U + 10'000U * static_cast<unsigned>(stops)));
      std::thread signal([&] {
        std::this_thread::sleep_for(after);
        stop = true;
      });
      is_done = run_campaign(campaign, path("stopped.csv"), &stop, stops == 0);
      signal.join();
    }
    EXPECT_EQ(read_text(path("stopped.csv")), read_text(path("whole.csv")));
    return stops - 1;
  }

  static constexpr CaseOptions kCase{.images = 4};
  std::mt19937 rng_;
  NetworkBuilder builder_;
  Graph graph_;
  Dataset data_;
  std::unique_ptr<Session> session_;

 private:
  static bool run_campaign(const Campaign& campaign, const std::string& to, const std::atomic<bool>* stop,
                           bool overwrite = true) {
    CampaignCallbacks callbacks;
    callbacks.stop = stop;
    try {
      CsvReport report(campaign, {.path = to, .dataset = "D", .network = "N", .overwrite = overwrite});
      campaign.run(report, callbacks);
      return true;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::interrupted) << error.what();
      return error.kind() != ErrorKind::interrupted;
    }
  }
};

TEST_F(SoakTest, WeightsScoresMemoryAndOpenFilesAreAtTheEndWhatTheyWereAtTheStart) {
  const int64_t wanted = wanted_faults();
  const ConstantHashes weights = hashes_of(session_->state().plan, session_->state().feed);
  const std::vector<float> golden = session_->golden(session_->tile(0, kCase.images));
  const size_t files = open_files();
  std::vector<double> memory;
  int64_t faults = 0, stops = 0;
  const int64_t size = std::clamp<int64_t>(wanted / kCampaigns, 1, kLargestCampaign);
  for (int campaigns = 0; faults < wanted; ++campaigns) {
    if (campaigns % 10 == 9) make_new_session();
    if (campaigns % 10 == 4) {
      const int64_t few = std::min(size, kLargestInterrupted);
      stops += run_interrupted(few);
      faults += 2 * few;
    } else {
      run_one(size);
      faults += size;
    }
    memory.push_back(resident_bytes());
    ASSERT_EQ(open_files(), files) << "after " << faults << " faults";
    const Session::State& state = session_->state();
    const ConstantHashes now = hashes_of(state.plan, state.feed);
    ASSERT_EQ(now.size(), weights.size());
    for (size_t i = 0; i < now.size(); ++i) ASSERT_EQ(now[i].hash, weights[i].hash) << now[i].what;
  }
  const std::vector<float> again = session_->golden(session_->tile(0, kCase.images));
  EXPECT_EQ(std::memcmp(golden.data(), again.data(), golden.size() * sizeof(float)), 0);
  // The first campaigns make threads, pools and tables that stay.
  const double growth = mean_of(memory, 0.9, 1.0) - mean_of(memory, 0.3, 0.4);
  std::cout << fmt::format(
      "soak: {} faults in {} campaigns, {} interruptions: {} open files throughout, memory {:.2f} MiB at 30 "
      "%, "
      "{:+.1f} KiB at 100 % ({:+.3f} bytes a fault)\n",
      faults, memory.size(), stops, files, mean_of(memory, 0.3, 0.4) / (1 << 20), growth / 1024,
      growth / (0.6 * static_cast<double>(faults)));
  if (kCountsMemory) {
    EXPECT_LT(growth, kMostGrowth);
  }
}

}  // namespace
}  // namespace tf_injector::detail::test
