#include "tf_injector/verify.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "answers/report_metadata.hpp"
#include "answers/report_subject.hpp"
#include "answers/verify/csv_lines.hpp"
#include "answers/verify/difference_list.hpp"
#include "answers/verify/expected_files.hpp"
#include "answers/verify/verify_inputs.hpp"
#include "answers/verify/verify_sink.hpp"
#include "campaign/run_identity.hpp"
#include "core/printable.hpp"
#include "core/wall_clock.hpp"
#include "io/file.hpp"
#include "io/sha256.hpp"
#include "report/csv_report.hpp"
#include "report/details_csv.hpp"
#include "report/report_names.hpp"
#include "sampling/draw.hpp"
#include "sampling/python_random.hpp"
#include "session/guarded.hpp"
#include "session/list_data.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector {

using namespace detail;
namespace {

constexpr size_t kLinesAbove = 2;  // of a report: its header and the golden row

// Throws Error(bad_input): no report; Error(resume): one that is not finished.
void require_finished(const TextFile& report, const std::optional<RunMetadata>& metadata) {
  if (!report.text.starts_with(report_header())) static_cast<void>(parse_report(report.text, report.path));
  const auto refuse = [&](const std::string& what) {
    throw Error(ErrorKind::resume,
                fmt::format("{}: unfinished: {}; the command that wrote it goes on with it, "
                            "then it can be verified",
                            report.path, what));
  };
  if (metadata && !metadata->finished)
    refuse(fmt::format("{} of {} faults are in it", metadata->rows, metadata->faults));
  if (metadata && metadata->finished && report.text.size() < metadata->report_bytes) {
    throw Error(
        ErrorKind::resume,
        fmt::format("{}: was cut after it was finished: {} bytes, its metadata speak of {}; restore it",
                    report.path, report.text.size(), metadata->report_bytes));
  }
  if (report.lines.size() < kLinesAbove) refuse("it has no golden row yet");
  if (!report.text.ends_with("\r\n")) refuse("its last line is torn");
}

// What a row of a report begins with: the fault, the number of images and a comma.
std::string row_beginning(const Fault& fault, int64_t images) {
  const std::string row = fault_row(fault, {.images = images});
  size_t end = row.size();
  for (size_t left = tally_columns().size() - 1; left > 0; --left) end = row.rfind(',', end - 1);
  return row.substr(0, end + 1);
}

class Verifier {
 public:
  Verifier(const std::string& report, const VerifyOptions& options, const CampaignCallbacks& callbacks,
           Verification& result)
      : report_(report, read_text(report)),
        metadata_(metadata_beside(report)),
        options_(options),
        callbacks_(callbacks),
        result_(result),
        differences_(result) {
    require_finished(report_, metadata_);
    result_.report = report;
    result_.has_metadata = metadata_.has_value();
    result_.seed = options.seed;
    result_.rows = static_cast<int64_t>(report_.lines.size() - kLinesAbove);
  }

  void verify(const VerifyInputs& inputs) {
    LoadedInputs loaded(inputs, metadata_, report_.path, callbacks_);
    if (!has_hash("model", metadata_path(), loaded.model_sha256(), &RunSettings::model_sha256)) return;
    loaded.load_model();
    if (!has_hash("fault list", metadata_path(), loaded.list_sha256(), &RunSettings::fault_list_sha256))
      return;
    loaded.load_list();
    loaded.load_dataset();
    if (!has_hash("data", metadata_path(), loaded.dataset().sha256, &RunSettings::data_sha256)) return;
    check_files();
    Session session = loaded.make_session();
    result_.images = session.images();
    check_rows(loaded.list(), session.images());
    run(session, loaded);
    check_consistency();
  }

 private:
  [[nodiscard]] std::string metadata_path() const { return metadata_path_of(report_.path); }

  // Is the input what the metadata say it is?
  bool has_hash(const char* name, const std::string& file, const std::string& found,
                std::string RunSettings::*recorded) {
    if (!metadata_) return true;
    if (!differences_.require_same(file, fmt::format("the {}'s SHA-256", name), metadata_->settings.*recorded,
                                   found))
      return false;
    result_.hashes.emplace_back(name);
    return true;
  }

  // The bytes of report and details, as a whole.
  void check_files() {
    if (!metadata_) return;
    check_file("report", report_, metadata_->report_sha256);
    const std::string details = details_path_of(report_.path, metadata_);
    if (details.empty()) return;
    if (!file_exists(details)) {
      differences_.add({.file = details, .what = "the file", .expected = "details", .found = "no such file"});
      return;
    }
    details_.emplace(details, read_text(details));
    check_file("details", *details_, metadata_->details->sha256);
    const size_t rows = details_->lines.empty() ? 0 : details_->lines.size() - 1;
    differences_.require_same(details, "the number of rows", std::to_string(result_.rows),
                              std::to_string(rows));
    if (!details_->lines.empty())
      require_line(details, 1, details_->lines[0], details_header(), false, details_header(), "",
                   differences_);
  }
  void check_file(const char* name, const TextFile& file, const std::string& recorded) {
    const std::string found = sha256_of(file.text.data(), file.text.size());
    if (differences_.require_same(file.path, fmt::format("the {}'s SHA-256", name), recorded, found))
      result_.hashes.emplace_back(name);
  }

  // Every row must be that of its fault in the list, with so many images.
  void check_rows(const FaultList& list, int64_t images) {
    differences_.require_same(report_.path, "the number of rows", std::to_string(list.size()),
                              std::to_string(result_.rows));
    const auto rows = std::min(static_cast<size_t>(result_.rows), list.size());
    for (size_t i = 0; i < rows; ++i) {
      require_line(report_.path, static_cast<int64_t>(i + kLinesAbove + 1), report_.lines[i + kLinesAbove],
                   row_beginning(list[i], list[i].image ? 1 : images), true, report_header(),
                   fmt::format(" of fault {}", list[i].id), differences_);
    }
    rows_.clear();
    const auto all = static_cast<int64_t>(rows);
    PythonRandom random(options_.seed);
    draw_without_replacement(
        random, all, std::min(options_.sample.value_or(all), all), [&](int64_t row) { rows_.push_back(row); },
        callbacks_.stop);
  }

  // The drawn rows as a list of their own, which is known by the whole list's hash.
  [[nodiscard]] FaultList drawn(const FaultList& list, const Model& model) const {
    ResolvedFaultList drawn;
    drawn.path = list.source();
    drawn.sha256 = list.sha256();
    for (const int64_t row : rows_) {
      const auto i = static_cast<size_t>(row);
      drawn.add(faults_of(list)[i], patches_of(list)[i]);
    }
    return list_of(std::move(drawn), model);
  }

  void run(Session& session, const LoadedInputs& loaded) {
    const ScoreFolder folder = score_folder_of(report_.path, metadata_);
    const CampaignOptions options{.check = {}, .scores = folder.mode, .details = details_.has_value()};
    const Campaign campaign(session, drawn(loaded.list(), session.model()), options);
    check_settings(campaign, loaded);
    VerifySink sink(report_, details_ ? &*details_ : nullptr, folder, faults_of(loaded.list()), rows_,
                    result_);
    if (rows_.empty()) {
      std::vector<float> golden;
      const CampaignSummary summary = campaign.run_golden(
          callbacks_, [&](std::span<const float> scores) { golden.assign(scores.begin(), scores.end()); });
      sink.begin(summary.golden, golden);
    } else {
      campaign.run(sink, callbacks_);
    }
    check_confusion(sink.confusion());
  }

  // Only of all rows is it known what their sum is.
  void check_confusion(const std::vector<int64_t>& found) {
    if (!details_ || result_.rows_checked != result_.rows || metadata_->details->confusion == found) return;
    if (metadata_->details->confusion.empty() && rows_.empty()) return;
    differences_.add({.file = metadata_path(),
                      .what = "the table of classes that decisions changed to (details: confusion)",
                      .expected = fmt::format("{}", fmt::join(found, " ")),
                      .found = fmt::format("{}", fmt::join(metadata_->details->confusion, " "))});
  }

  void check_settings(const Campaign& campaign, const LoadedInputs& loaded) {
    if (!metadata_) return;
    RunSettings now = identity_of(campaign, {.resize = loaded.resize()}).metadata.settings;
    now.fault_list_sha256 = loaded.list().sha256();
    now.resume_from = loaded.list().begins_at();
    now.shard = loaded.list().shard();
    RunSettings of_report = metadata_->settings;
    if (!of_report.preprocessing) of_report.preprocessing = now.preprocessing;  // of before it was recorded
    const auto recorded = readable_settings(of_report), given = readable_settings(now);
    for (size_t i = 0; i < recorded.size(); ++i)
      differences_.require_same(metadata_path(), recorded[i].first, given[i].second, recorded[i].second);
    differences_.require_same(metadata_path(), "`images`", std::to_string(result_.images),
                              std::to_string(metadata_->images));
    differences_.require_same(metadata_path(), "the number of faults", std::to_string(loaded.list().size()),
                              std::to_string(metadata_->faults));
  }

  // What no row was evaluated for may still contradict itself.
  void check_consistency() {
    try {
      static_cast<void>(parse_report(report_.text, report_.path));
    } catch (const Error& error) {
      VerifyDifference difference{.file = report_.path, .what = error.what()};
      std::string_view rest = difference.what;
      if (!rest.starts_with(report_.path + ":")) return differences_.add(std::move(difference));
      rest.remove_prefix(report_.path.size() + 1);
      const auto number = [&rest](int64_t& value) {
        const char* end = std::from_chars(rest.data(), rest.data() + rest.size(), value).ptr;
        rest.remove_prefix(static_cast<size_t>(end - rest.data()));
        while (!rest.empty() && (rest.front() == ':' || rest.front() == ' ')) rest.remove_prefix(1);
      };
      number(difference.line);
      number(difference.column);
      difference.what = std::string(rest);
      if (!differences_.has(report_.path, difference.line)) differences_.add(std::move(difference));
    }
  }

  TextFile report_;
  std::optional<RunMetadata> metadata_;
  std::optional<TextFile> details_;
  const VerifyOptions& options_;
  const CampaignCallbacks& callbacks_;
  Verification& result_;
  DifferenceList differences_;
  std::vector<int64_t> rows_;  // drawn
};

std::string counted(int64_t count, const char* one, const char* many) {
  return fmt::format("{} {}", count, count == 1 ? one : many);
}

std::string verdict_of(const Verification& found) {
  const std::string rows =
      fmt::format("{} of {} rows evaluated on {} images", found.rows_checked, found.rows, found.images);
  if (!found.is_same()) {
    const int64_t count = static_cast<int64_t>(found.differences.size()) + found.more_differences;
    return fmt::format("{}: NOT what its inputs give: {} ({})", found.report,
                       counted(count, "difference", "differences"),
                       found.images == 0 ? "nothing was evaluated" : rows);
  }
  std::string text =
      fmt::format("{}: verified: {} and the golden run, the same in every byte", found.report, rows);
  if (found.details_rows > 0)
    text += fmt::format("; {}", counted(found.details_rows, "row of details", "rows of details"));
  if (found.score_files > 0)
    text += fmt::format("; {}", counted(found.score_files, "file of scores", "files of scores"));
  if (!found.hashes.empty())
    text += fmt::format("; SHA-256 of {} as recorded", fmt::join(found.hashes, ", "));
  if (!found.hashes.empty() && found.rows_checked < found.rows)
    text += "; the other rows rest on what the metadata record";
  if (!found.hashes.empty()) return text;
  return text + "; no metadata: nothing is known of the hashes";
}

}  // namespace

Verification verify(const std::string& report, const VerifyInputs& inputs, const VerifyOptions& options,
                    const CampaignCallbacks& callbacks) {
  if (options.sample && *options.sample < 1)
    throw Error(ErrorKind::usage,
                fmt::format("`sample`: expected a number from 1, found {}", *options.sample));
  return guarded([&] {
    const auto begin = Clock::now();
    Verification result;
    Verifier(report, options, callbacks, result).verify(inputs);
    result.seconds = seconds_since(begin);
    result.verdict = verdict_of(result);
    return result;
  });
}

bool has_metadata(const std::string& report) { return file_exists(metadata_path_of(report)); }

}  // namespace tf_injector
