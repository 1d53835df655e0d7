#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "campaign/campaign_state.hpp"
#include "campaign/slice_bytes.hpp"
#include "core/wall_clock.hpp"
#include "session/guarded.hpp"
#include "tf_injector/error.hpp"
#include "tf_injector/slice.hpp"

namespace tf_injector {

using namespace detail;

namespace {

// `golden` with the rows that differ.
void put_rows(const Slice::ChangedRows& rows, size_t classes, std::vector<float>& golden) {
  for (size_t i = 0; i < rows.images.size(); ++i) {
    const auto from = rows.scores.begin() + static_cast<int64_t>(i * classes);
    std::copy(from, from + static_cast<int64_t>(classes),
              golden.begin() + rows.images[i] * static_cast<int64_t>(classes));
  }
}

}  // namespace

struct SliceWriter::State {
  const Campaign& campaign;
  ReportSink& sink;
  SliceForm form;
  size_t rows = 0;
  int64_t critical = 0;
  bool is_finished = false, has_begun = false;
  std::string golden_sha256;
  Tally golden;
  std::vector<float> golden_scores;
  CheckTotals check;
  Clock::time_point start = Clock::now();

  [[nodiscard]] const Setup& setup() const { return campaign.state().setup; }
  [[nodiscard]] Spent spent() const { return {.seconds = seconds_since(start), .check = check}; }

  void begin(Slice slice) {
    if (has_begun) throw Error(ErrorKind::usage, "the slices were begun already");
    if (form.has_scores && slice.golden_scores.empty())
      throw Error(ErrorKind::usage, "the scores of the run without a fault are needed first");
    golden = slice.golden;
    golden_sha256 = std::move(slice.golden_sha256);
    golden_scores = std::move(slice.golden_scores);
    sink.begin(golden, golden_scores);
    has_begun = true;
  }

  void append(const Slice& slice, const std::atomic<bool>* stop) {
    const size_t count = slice.tallies.size();
    require_next(slice);
    if (slice.golden_sha256 != golden_sha256 || slice.golden != golden) {
      throw Error(ErrorKind::self_check,
                  fmt::format("rows {} to {}: the worker that evaluated them found other scores without a "
                              "fault than the workers before; nothing of it was written",
                              slice.row + 1, slice.row + static_cast<int64_t>(count)));
    }
    const std::vector<Fault> faults = setup().faults.subspan(rows, count).faults();
    std::vector<FaultDetails> details = slice.details;
    const Graph& graph = setup().session->model.data()->graph;
    for (size_t i = 0; i < details.size(); ++i)
      set_weight_values(details[i], setup().patches[rows + i], graph);
    std::vector<std::vector<float>> scores(slice.changed.size(), golden_scores);
    for (size_t i = 0; i < scores.size(); ++i) put_rows(slice.changed[i], form.classes, scores[i]);
    check += slice.check;
    sink.append({.faults = faults,
                 .tallies = slice.tallies,
                 .scores = scores,
                 .details = details,
                 .confusion = slice.confusion,
                 .threads = setup().layout.threads,
                 .stop = stop},
                spent());
    rows += count;
    for (const Tally& tally : slice.tallies) critical += tally.critical();
  }

  void require_next(const Slice& slice) const {
    const size_t count = slice.tallies.size();
    const auto refuse = [](const std::string& what) {
      throw Error(ErrorKind::bad_input, fmt::format("a worker's slice: {}", what));
    };
    if (slice.row != static_cast<int64_t>(rows))
      refuse(fmt::format("expected one from row {} on, found row {} (from 0)", rows, slice.row));
    if (count == 0 || count > setup().faults.size() - rows)
      refuse(fmt::format("expected 1 to {} faults, found {}", setup().faults.size() - rows, count));
    for (size_t i = 0; i < count; ++i) {
      const int64_t id = setup().faults[rows + i].id;
      if (slice.ids[i] != id)
        refuse(fmt::format("row {} (from 0): expected inj_id {}, found {}", rows + i, id, slice.ids[i]));
      const int64_t images = setup().patches.image(rows + i) == kAllImages ? form.images : 1;
      if (slice.tallies[i].images != images) {
        refuse(fmt::format("row {} (from 0): expected counts of {} images, found {}", rows + i, images,
                           slice.tallies[i].images));
      }
    }
  }
};

SliceWriter::SliceWriter(const Campaign& campaign, ReportSink& sink) {
  if (!campaign.faults()) throw Error(ErrorKind::usage, "a `fault_list` is required");
  guarded([&] {
    state_ = std::make_unique<State>(State{.campaign = campaign,
                                           .sink = sink,
                                           .form = slice_form(campaign),
                                           .golden_sha256 = {},
                                           .golden = {},
                                           .golden_scores = {},
                                           .check = {}});
    sink.open(campaign);
    const std::span<const ReportRow> before = checked_rows(state_->setup(), sink);
    state_->rows = before.size();
    for (const ReportRow& row : before) state_->critical += row.tally.critical();
    state_->is_finished = sink.is_finished();
  });
}
SliceWriter::~SliceWriter() = default;

bool SliceWriter::is_finished() const noexcept { return state_->is_finished; }
int64_t SliceWriter::rows() const noexcept { return static_cast<int64_t>(state_->rows); }
int64_t SliceWriter::critical() const noexcept { return state_->critical; }
bool SliceWriter::has_begun() const noexcept { return state_->has_begun; }
bool SliceWriter::needs_scores() const noexcept { return state_->form.has_scores; }

void SliceWriter::begin(std::string_view bytes) {
  guarded([&] { state_->begin(read_slice(bytes, state_->form)); });
}

void SliceWriter::append(std::string_view bytes, const std::atomic<bool>* stop) {
  guarded([&] {
    const Slice slice = read_slice(bytes, state_->form);
    if (!state_->has_begun) {
      state_->require_next(slice);
      Slice golden;
      golden.golden = slice.golden;
      golden.golden_sha256 = slice.golden_sha256;
      state_->begin(std::move(golden));
    }
    state_->append(slice, stop);
  });
}

void SliceWriter::finish() {
  if (state_->rows < state_->setup().faults.size())
    throw Error(ErrorKind::usage,
                fmt::format("{} of {} rows are there", state_->rows, state_->setup().faults.size()));
  guarded([&] {
    state_->sink.finish(state_->spent());
    state_->is_finished = true;
  });
}

}  // namespace tf_injector
