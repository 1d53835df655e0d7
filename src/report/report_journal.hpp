// Writes the report block by block, and its metadata after every block, so that a run that ends at any moment
// can be continued.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "core/message.hpp"
#include "io/sha256.hpp"
#include "report/report_open.hpp"
#include "report/score_log.hpp"
#include "report/work_file.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail {

class ReportJournal {
 public:
  // `opened` is fresh or unfinished and has its file, which is taken. `run`: the metadata of this run
  // (machine, command line). Writes the metadata once: a folder that cannot be written is noticed before any
  // inference. What they record of a report that is continued is on the disk first.
  ReportJournal(OpenedReport& opened, const RunMetadata& run);

  // Writes the header and the golden row of a fresh report. Truncates an unfinished one after its last valid
  // row. The same with the details, where there are any.
  void begin(const Tally& golden);
  // Rows that are on the disk when it returns; the metadata announced them before (PendingBlock), and record
  // them when they announce the next block, or in `finish`. `spent`: by this run so far. All three throw
  // OutputError; the report is then what it was before.
  void append(const RowBlock& block, const Spent& spent);
  void finish(const Spent& spent);

  // What is done of the block that comes next, for a run that goes on; replaces what was kept before. Can it
  // be? (Not where another's file stands in its place.) "": nothing is. Where it cannot be written (a full
  // disk), what was kept before stays, and the next time may do better. Throws OutputError: what stands at
  // the report's path is not this run's any more.
  [[nodiscard]] bool keeps_work() const noexcept { return keeps_work_; }
  void keep_work(std::string_view work);
  // What was kept behind the rows that the report has; "": nothing. `message`: why it is left out.
  [[nodiscard]] std::string kept_work(const Message& message);
  // Scores of that work, in pieces: those that came before a keep_work belong to it. Where they cannot be
  // written, nothing is kept of the block.
  [[nodiscard]] bool keeps_scores() const noexcept { return keeps_work_ && keeps_scores_; }
  void keep_scores(std::string_view more);
  // The next of those of kept_work, fewer than asked for only at the end.
  [[nodiscard]] size_t kept_scores(std::span<char> to) { return scores_.read(to); }
  // The same as of the work, of the golden run: until the report is finished.
  void keep_golden(std::string_view golden);
  [[nodiscard]] std::string kept_golden(const Message& message) const;
  // One line, once: that a file of somebody else's stands where something would be kept, or, the first time,
  // that it could not be written. "": nothing is new.
  [[nodiscard]] std::string keep_warning() { return std::exchange(warning_, {}); }

  [[nodiscard]] int64_t rows() const noexcept { return metadata_.rows; }
  [[nodiscard]] const ReportPaths& paths() const noexcept { return paths_; }

 private:
  // What is appended to the files at once.
  struct Addition {
    std::string text, details;
    size_t rows = 0;
    std::span<const int64_t> confusion = {};
  };
  void write(const Addition& addition);
  void require_own_files() const;
  void add_up(const Spent& spent);
  void write_metadata();
  void remove_work();
  void lose_scores(const OutputError& error);
  void warn_not_kept(WorkFile::Kind kind, const OutputError& error);

  ReportPaths paths_;
  AppendFile file_;
  RunMetadata metadata_;
  Spent before_;  // by earlier runs
  Sha256 hash_;   // of the report's bytes
  OpenedDetails details_;
  WorkFile work_, golden_;
  ScoreLog scores_;
  bool keeps_work_ = false, keeps_scores_ = false, keeps_golden_ = false;
  bool has_lost_scores_ = false;  // of the block in work
  std::string warning_;           // that nobody has taken yet
  bool has_warned_ = false;       // of a file that could not be written
};

}  // namespace tf_injector::detail
