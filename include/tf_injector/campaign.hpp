// A fault-injection campaign: the golden run, then every fault of a list on every image of a session.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "tf_injector/fault_list.hpp"
#include "tf_injector/report.hpp"
#include "tf_injector/session.hpp"

namespace tf_injector {

struct CampaignOptions {
  // Evaluated the plain way too, and compared: none: some pairs of fault and image, in about a hundredth of
  // the time; N: every Nth fault on all images; 0: nothing.
  std::optional<int> check = {};
  ScoreMode scores = ScoreMode::none;  // which the report is given
  bool details = false;                // is the report given FaultDetails?
};

struct Progress {
  int64_t faults_total = 0;      // of the list
  int64_t faults_before = 0;     // already in the report when the run started
  double faults_done = 0;        // since the start, parts of a block counted
  double seconds = 0;            // since the first fault of this run started
  int64_t rows_written = 0;      // faults in the report now
  int64_t critical = 0;          // sum over the rows in the report
  int64_t images_evaluated = 0;  // rows x images, for the critical rate
};

struct CampaignCallbacks {
  std::function<void(const std::string&)> message = {};  // what was chosen: one line each
  // What is probably not meant, or cannot be kept for a run that goes on: one line each, the latter also from
  // a thread of the run's, one at a time.
  std::function<void(const std::string&)> warning = {};
  std::function<void(const Tally&)> golden = {};  // the run without a fault is done
  // At most some ten times a second, from one thread at a time.
  std::function<void(const Progress&)> progress = {};
  const std::atomic<bool>* stop =
      nullptr;  // true: the campaign ends with Error(interrupted); the sink's rows stay
};

struct CampaignSummary {
  Tally golden = {};
  int64_t faults = 0;  // rows, those that were there before counted
  double seconds = 0;  // of this run
  CheckTotals check = {};
  std::vector<BitGroupSummary> groups = {};
};

// What a few evaluations say of a campaign.
struct CampaignEstimate {
  double seconds = 0;
};

// The faults of a list on a session: work and memory divided, nothing evaluated yet. The session must outlive
// it and may not be moved meanwhile.
class Campaign {
 public:
  // No list: a golden run only. Throws Error(out_of_memory): options().memory_bytes of the session are too
  // few; Error(usage): the list was made for another model.
  Campaign(Session& session, std::optional<FaultList> faults, const CampaignOptions& options = {});
  ~Campaign();
  Campaign(Campaign&&) noexcept;

  [[nodiscard]] const Session& session() const noexcept;
  [[nodiscard]] const std::optional<FaultList>& faults() const noexcept;
  [[nodiscard]] const CampaignOptions& options() const noexcept;
  [[nodiscard]] int threads() const noexcept;
  [[nodiscard]] const std::string& threads_source() const noexcept;  // what decided how many there are
  [[nodiscard]] int tile() const noexcept;                           // images that a thread works on together
  [[nodiscard]] uint64_t memory_bytes() const noexcept;  // the most that model, images and work take

  // Evaluates all faults that the sink does not have yet. A sink that is finished is given nothing, no
  // callback is called, and the summary is that of its rows. Throws Error(interrupted), Error(self_check) (a
  // score differs from the plain evaluation's), Error(out_of_memory), Error(usage) (no list, or rows in the
  // sink that are not the list's), and what sink and callbacks throw.
  CampaignSummary run(ReportSink& sink, const CampaignCallbacks& callbacks = {}) const;
  // The run without a fault. `scores`: given all of them, (images, scores_per_image); may be empty.
  CampaignSummary run_golden(const CampaignCallbacks& callbacks = {},
                             const std::function<void(std::span<const float>)>& scores = {}) const;
  // What the faults from this row on will take, found by running a little of it. Throws Error(usage): `first`
  // is beyond the list's end.
  [[nodiscard]] CampaignEstimate estimate(size_t first, const std::atomic<bool>* stop = nullptr) const;

  struct State;
  [[nodiscard]] const State& state() const noexcept { return *state_; }  // for the library

 private:
  std::unique_ptr<State> state_;
};

}  // namespace tf_injector
