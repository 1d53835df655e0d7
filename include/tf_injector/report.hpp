// Where the rows of a campaign go: a CSV report with its metadata and scores, memory, or whatever a user
// makes.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tf_injector/fault.hpp"
#include "tf_injector/fault_details.hpp"
#include "tf_injector/session.hpp"
#include "tf_injector/storage.hpp"
#include "tf_injector/tally.hpp"

namespace tf_injector {

class Campaign;

enum class ScoreMode {
  none,
  changed,  // per fault the images whose scores differ from the golden run's in some bit
  all,
  one,  // all, in one file instead of one per fault
};

// What the self-check compared, of one run, or of all that wrote to a report.
struct CheckTotals {
  int64_t faults = 0;         // of which some pair was compared
  int64_t pairs = 0;          // of fault and image
  int64_t golden_images = 0;  // whose scores without a fault were compared
  double seconds = 0;
  // Before the rows of so many blocks, all that never changes (weights, tables, images, labels, faults,
  // golden scores) was compared with what it was at the start; and so many images' golden scores were
  // computed again.
  int64_t constants = 0, golden_again = 0;

  CheckTotals& operator+=(const CheckTotals& other) noexcept {
    faults += other.faults;
    pairs += other.pairs;
    golden_images += other.golden_images;
    seconds += other.seconds;
    constants += other.constants;
    golden_again += other.golden_again;
    return *this;
  }
};

// By a run so far.
struct Spent {
  double seconds = 0;
  CheckTotals check = {};
};

struct ReportRow {
  Fault fault = {};
  Tally tally = {};
};

// A block of neighbouring rows of the list.
struct RowBlock {
  std::span<const Fault> faults = {};
  std::span<const Tally> tallies = {};  // one per fault
  std::span<const std::vector<float>> scores =
      {};  // one per fault: (images, scores_per_image); empty with ScoreMode::none
  std::span<const FaultDetails> details = {};  // one per fault; empty without CampaignOptions::details
  // Of these faults together: images whose decision changed, by the golden run's class and the class gone to,
  // (classes, classes). Empty without details and above kMostConfusionClasses.
  std::span<const int64_t> confusion = {};
  int threads = 1;                          // that a sink may use
  const std::atomic<bool>* stop = nullptr;  // it should end soon when this is true, by throwing anything
};

// A run of a campaign calls open, then, unless the sink is finished, begin once, append for block after
// block, and finish, all on one thread. What it throws ends the run; the next one calls open again.
class ReportSink {
 public:
  virtual ~ReportSink() = default;
  // A run of `campaign` begins: a sink that is another campaign's refuses here, before anything is evaluated.
  virtual void open(const Campaign& campaign) { static_cast<void>(campaign); }
  // All rows of the list are there: the run evaluates and writes nothing.
  [[nodiscard]] virtual bool is_finished() const noexcept { return false; }
  // Rows that are there already, the first of the list in its order: the run goes on behind them. Others are
  // refused with Error(usage).
  [[nodiscard]] virtual std::span<const ReportRow> rows_before() const { return {}; }
  // The run without a fault that those rows come from; none: not known.
  [[nodiscard]] virtual std::optional<Tally> golden_before() const { return std::nullopt; }
  // The run without a fault; scores: (images, scores_per_image), valid until the campaign ends.
  virtual void begin(const Tally& golden, std::span<const float> scores) = 0;
  virtual void append(const RowBlock& block, const Spent& spent) = 0;
  virtual void finish(const Spent& spent) { static_cast<void>(spent); }

  // For a sink that outlives a kill: may it be given what is done of a block, as bytes that only a run of the
  // same campaign understands? Then keep_work is called about every ten seconds until the block is appended,
  // by one of the threads that work while `run` waits for them, and a run that goes on behind the same rows
  // asks once, before `begin`, for what was given last: "" if there is nothing. keep_work(""): what was given
  // is wrong, it is removed.
  [[nodiscard]] virtual bool keeps_work() const noexcept { return false; }
  virtual void keep_work(std::string_view work) { static_cast<void>(work); }
  [[nodiscard]] virtual std::string kept_work() { return {}; }
  // The same of scores, which are too many to be given again every time: may it be given them, piece by
  // piece? Else nothing is kept of campaigns that keep scores. What came before a keep_work belongs to it,
  // and goes with it. kept_scores: the next bytes of those of kept_work; fewer than there is room for only at
  // their end.
  [[nodiscard]] virtual bool keeps_scores() const noexcept { return false; }
  virtual void keep_scores(std::string_view more) { static_cast<void>(more); }
  [[nodiscard]] virtual size_t kept_scores(std::span<char> to) {
    static_cast<void>(to);
    return 0;
  }
  // The same as of the work, of the run without a fault, before `begin`; until the report is finished.
  virtual void keep_golden(std::string_view golden) { static_cast<void>(golden); }
  [[nodiscard]] virtual std::string kept_golden() { return {}; }
  // What is kept is insurance only: a sink that cannot keep it need not throw, which would end the run, but
  // may say so here, in one line, once. Asked when a run begins and whenever it was given something; "":
  // nothing is new.
  [[nodiscard]] virtual std::string keep_warning() { return {}; }
};

// Rows in memory, of one run: each begins with none, also after one that was interrupted.
class MemoryReport final : public ReportSink {
 public:
  void begin(const Tally& golden, std::span<const float> scores) override;
  void append(const RowBlock& block, const Spent& spent) override;

  [[nodiscard]] const Tally& golden() const noexcept { return golden_; }
  [[nodiscard]] const std::vector<ReportRow>& rows() const noexcept { return rows_; }
  [[nodiscard]] const std::vector<float>& golden_scores() const noexcept { return golden_scores_; }
  // Of row i, as RowBlock has them.
  [[nodiscard]] const std::vector<std::vector<float>>& fault_scores() const noexcept { return fault_scores_; }
  [[nodiscard]] const std::vector<FaultDetails>& details() const noexcept { return details_; }
  // The sum of RowBlock::confusion.
  [[nodiscard]] const std::vector<int64_t>& confusion() const noexcept { return confusion_; }

 private:
  Tally golden_;
  std::vector<float> golden_scores_;
  std::vector<ReportRow> rows_;
  std::vector<std::vector<float>> fault_scores_;
  std::vector<FaultDetails> details_;
  std::vector<int64_t> confusion_;
};

// A flag of the program that was given, by its long name without the dashes.
struct GivenFlag {
  std::string name = {};
  std::vector<std::string> values = {};  // of a switch none

  friend bool operator==(const GivenFlag&, const GivenFlag&) = default;
};

// The flags of a run, from its command line and from a file; of both the command line's.
struct Configuration {
  std::string file = {};  // "": none
  std::vector<GivenFlag> flags = {};

  friend bool operator==(const Configuration&, const Configuration&) = default;
};

struct ReportOptions {
  // The report's path; metadata (.run.json) and the folder of scores stand beside it. "": a new name in
  // <folder>/<dataset>/<network>/, or the newest report there that is unfinished and of this campaign.
  std::string path = {};
  std::string folder = "reports", dataset = {}, network = {};
  std::string details_path = {};  // of a CSV of FaultDetails, a row for each of the report; "": none
  bool overwrite = false;         // begin anew instead of going on, or refusing to
  bool dry_run = false;           // nothing is written
  std::string resize = "pillow";  // of the images, for the metadata: "pillow" or "tensorflow"
  std::vector<std::string> command_line = {};  // for the metadata
  Configuration configuration = {};            // the same
  // True: waiting for another run ends with Error(interrupted). Must outlive the report.
  const std::atomic<bool>* stop = nullptr;
};

// Throws Error(usage): a path that cannot be meant. Reports ask this themselves.
void check_options(const ReportOptions& options);

// The report as the Python tool writes it, which grows block by block and survives anything: see
// docs/interface.md, "Going on after an interruption".
//
// It is the report of one campaign. Each run of that campaign does what it would with a new CsvReport of the
// same path: after an interruption it goes on behind the rows that are written, and into a finished report it
// writes nothing, evaluates nothing and gives the summary of the rows that are there.
class CsvReport final : public ReportSink {
 public:
  // Finds or makes the report, so that whatever keeps it from being written is known before the first
  // inference. `message`: told what was found, one line each; may be empty. `campaign`, which has a list,
  // must outlive it. Throws Error(usage) (no list), Error(resume) (what differs), Error(busy), OutputError.
  explicit CsvReport(const Campaign& campaign, const ReportOptions& options = {},
                     const std::function<void(const std::string&)>& message = {});
  ~CsvReport() override;

  [[nodiscard]] const std::string& path() const noexcept;
  [[nodiscard]] const std::string& metadata_path() const noexcept;
  [[nodiscard]] std::string score_folder() const;  // "" when no scores are saved
  [[nodiscard]] std::string details_path() const;  // "" when none are written
  [[nodiscard]] int64_t rows() const noexcept;     // that stand in it now
  // Paths that a campaign will write, some of them as "x and 7 more of its kind", and how much.
  [[nodiscard]] std::vector<std::string> would_write() const;
  [[nodiscard]] uint64_t would_write_bytes() const;

  // Throws Error(usage): another campaign than its own, or a report that was opened with dry_run; on a second
  // run what the constructor throws as well.
  void open(const Campaign& campaign) override;
  [[nodiscard]] bool is_finished() const noexcept override;
  // As the report was when it was made or, after that, when the last run began.
  [[nodiscard]] std::span<const ReportRow> rows_before() const override;
  [[nodiscard]] std::optional<Tally> golden_before() const override;
  // These throw Error(usage) where no run writes to the report.
  void begin(const Tally& golden, std::span<const float> scores) override;
  void append(const RowBlock& block, const Spent& spent) override;
  void finish(const Spent& spent) override;
  [[nodiscard]] bool keeps_work() const noexcept override;
  void keep_work(std::string_view work) override;
  [[nodiscard]] std::string kept_work() override;
  [[nodiscard]] bool keeps_scores() const noexcept override;
  void keep_scores(std::string_view more) override;
  [[nodiscard]] size_t kept_scores(std::span<char> to) override;
  void keep_golden(std::string_view golden) override;
  [[nodiscard]] std::string kept_golden() override;
  [[nodiscard]] std::string keep_warning() override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// The scores of a golden run, in a folder of their own that is named like a report's.
class GoldenScoreFolder final {
 public:
  // Chooses and makes it. Throws Error(resume) (it is another report's), OutputError.
  GoldenScoreFolder(const Campaign& campaign, const ReportOptions& options);
  ~GoldenScoreFolder();
  [[nodiscard]] const std::string& path() const noexcept;
  [[nodiscard]] std::vector<std::string> would_write() const;
  [[nodiscard]] uint64_t would_write_bytes() const;
  // (images, scores_per_image). Throws Error(usage): another number of scores; OutputError.
  void write(std::span<const float> scores) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

struct FinishedReport {
  Tally golden = {};
  std::vector<ReportRow> rows = {};
};
// Reads a CSV report. Throws Error(bad_input): "path:line:column: what; expected ...; found ...", or that it
// is unfinished.
[[nodiscard]] FinishedReport read_report(const std::string& path);

struct BitGroupSummary {
  std::string name = {};  // "sign (31)", "exponent (23-30)", "mantissa (0-22)"
  int64_t faults = 0, images = 0, masked = 0, non_critical = 0, critical = 0;
};
// Per field of a stored weight, in the order of bit_groups; `storage`: of the model (Model::storage).
[[nodiscard]] std::vector<BitGroupSummary> summarize(std::span<const ReportRow> rows,
                                                     StorageFormat storage = StorageFormat::float32);

}  // namespace tf_injector
