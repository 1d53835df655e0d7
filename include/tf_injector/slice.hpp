// A campaign in slices, each some consecutive faults of its list: evaluated by any number of processes, on
// any machines, and written by one. The bytes of the report are those of a run in one process.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "tf_injector/campaign.hpp"
#include "tf_injector/fault_list.hpp"
#include "tf_injector/report.hpp"
#include "tf_injector/session.hpp"

namespace tf_injector {

// What can be told of a slice's bytes without its campaign.
struct SliceHead {
  int64_t row = 0;     // of its first fault in the list, from 0
  int64_t faults = 0;  // that were evaluated; 0: the run without a fault
  double seconds = 0;  // that they took, without what comes before the first
};
// Throws Error(bad_input): the bytes are no slice, or were changed on the way.
[[nodiscard]] SliceHead slice_head(std::string_view bytes);

// Evaluates slices. What comes from the run without a fault is computed once, before the first.
class SliceRunner {
 public:
  // The session must outlive it and may not be moved meanwhile.
  SliceRunner(Session& session, const CampaignOptions& options);
  ~SliceRunner();

  // All throw what Campaign::run throws. Callbacks: messages and progress are those of the slice.

  // The run without a fault, with its scores: bytes for SliceWriter::begin.
  [[nodiscard]] std::string golden(const CampaignCallbacks& callbacks = {});
  // The faults of the list, whose first is row `row` of the whole one, block by block; it ends with the first
  // block behind which `seconds` have passed. Bytes for SliceWriter::append.
  [[nodiscard]] std::string run(const FaultList& faults, int64_t row, double seconds,
                                const CampaignCallbacks& callbacks = {});

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Gives slices to a sink, as Campaign::run would give it the blocks: same rows, same scores, same details.
class SliceWriter {
 public:
  // Opens the sink. Both must outlive it. Throws what Campaign::run throws before the first block.
  SliceWriter(const Campaign& campaign, ReportSink& sink);
  ~SliceWriter();

  [[nodiscard]] bool is_finished() const noexcept;   // the sink was, or finish was called
  [[nodiscard]] int64_t rows() const noexcept;       // that the sink has: the row that comes next
  [[nodiscard]] int64_t critical() const noexcept;   // sum over these rows
  [[nodiscard]] bool has_begun() const noexcept;     // begin was called
  [[nodiscard]] bool needs_scores() const noexcept;  // begin wants the bytes of SliceRunner::golden

  // All throw Error(bad_input): bytes of another campaign, of other faults, or that cannot be;
  // Error(self_check): another run without a fault than that of the slices before; what the sink throws.

  // The run without a fault of these bytes, a slice's too where no scores are needed.
  void begin(std::string_view bytes);
  // The slice that comes next. The first of all is begun with, where `begin` was not called. `stop`: see
  // RowBlock.
  void append(std::string_view bytes, const std::atomic<bool>* stop = nullptr);
  // All rows are there.
  void finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tf_injector
