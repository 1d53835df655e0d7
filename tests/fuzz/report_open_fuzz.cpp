// A report with its metadata that a run finds and goes on with: a mark, the metadata, a NUL, the report, a
// NUL, its details. Of the mark, 1: size and hash in the metadata are made those of the files, so that what
// is behind is reached; 2: the run has details; 4: it writes the rows that are missing; 8: it overwrites; 16:
// it saves scores; 32: it names no report, but looks for one in its folder; 64: it writes nothing. 128:
// behind the details stand a NUL, a byte that says how the folder looks (Form), and the metadata of another
// report, whose settings are those of the run.
#include <map>

#include "io/sha256.hpp"
#include "json_mutator.hpp"
#include "report/report_check.hpp"
#include "report/report_journal.hpp"
#include "report/report_open.hpp"
#include "report/score_files.hpp"

using namespace tf_injector;
using namespace tf_injector::detail;

namespace {

// Of the report that make_seeds.py writes.
const FaultTable& faults() {
  static const FaultTable list = {bit_flip(4, "conv", {2, 0, 1, 3}, 3), bit_flip(7, "m/dense", {9, 1}, 31),
                                  bit_flip(8, "dense, \"x\"", {0, 1}, 0)};
  return list;
}

constexpr int64_t kImages = 100, kClasses = 2;

// How the folder looks, bits of a byte.
enum Form : uint8_t {
  kReportIsLink = 1,    // the run is given a symbolic link to the report
  kReportIsShared = 2,  // it has a second name
  kDetailsAreShared = 4,
  kScoresAreThere = 8,
  kDetailsElsewhere = 16,  // in another folder
  kReportIsGone = 32,
  kReportIsHuge = 64,
  kDetailsAreLink = 128,
};

RunMetadata mended(RunMetadata metadata, const std::string& name, std::string_view report,
                   std::string_view details) {
  metadata.report = name;
  metadata.report_bytes = std::min<uint64_t>(metadata.report_bytes, report.size());
  metadata.report_sha256 = sha256_of(report.data(), metadata.report_bytes);
  if (!metadata.details) return metadata;
  metadata.details->file = "d.csv";
  metadata.details->bytes = std::min<uint64_t>(metadata.details->bytes, details.size());
  metadata.details->sha256 = sha256_of(details.data(), metadata.details->bytes);
  return metadata;
}

// The next part of the text, up to a NUL.
std::string_view take_part(std::string_view& text) {
  const size_t nul = std::min(text.find('\0'), text.size());
  const std::string_view part = text.substr(0, nul);
  text.remove_prefix(std::min(nul + 1, text.size()));
  return part;
}

// Writes the rows that the report has not yet. Then it is what a run writes that nothing disturbs.
void write_rest(OpenedReport& opened, const RunMetadata& run) {
  const bool has_details = opened.details.file.has_value();
  const Report before = opened.content;
  const Tally golden{.images = kImages, .top_1_correct = 91, .top_5_correct = 99};
  const Spent spent{.seconds = 1, .check = {.faults = 1, .pairs = 2, .golden_images = 3, .seconds = 0.5}};
  ReportJournal journal(opened, run);
  journal.begin(golden);
  const std::vector<int64_t> confusion(has_details ? size_t{kClasses * kClasses} : 0, 1);
  for (size_t i = before.rows.size(); i < faults().size(); ++i) {
    const std::vector<Fault> fault{faults()[i]};
    const std::vector<Tally> tally{{.images = before.golden.images > 0 ? before.golden.images : kImages}};
    const std::vector<FaultDetails> details(has_details ? 1 : 0);
    journal.append({.faults = fault, .tallies = tally, .details = details, .confusion = confusion}, spent);
  }
  journal.finish(spent);
  const Report after = parse_report(fuzz::read_file(journal.paths().report), "r.csv");
  fuzz::require(after.rows.size() == faults().size(), "a finished report without all rows");
  // A count that was as large as one can be is no count with another one added.
  const std::string text = fuzz::read_file(journal.paths().metadata);
  const auto metadata =
      fuzz::accepted([&] { return parse_metadata(text, "r.run.json"); }, {ErrorKind::resume});
  fuzz::require(!metadata || (metadata->finished && metadata->rows == static_cast<int64_t>(faults().size())),
                "metadata of a report that is not finished");
}

void check_kept(const Report& report, std::string_view text) {
  fuzz::require(report.complete_bytes <= text.size(), "more complete bytes than there are");
  fuzz::require(report.rows.size() <= faults().size(), "more rows than faults");
  std::string again = report.complete_bytes > 0 ? report_header() : "";
  if (report.golden.images > 0) again += golden_row(report.golden);
  for (size_t i = 0; i < report.rows.size(); ++i) {
    fuzz::require(report.rows[i].fault == faults()[i], "a row of another fault");
    again += fault_row(report.rows[i].fault, report.rows[i].tally);
  }
  fuzz::require(again == text.substr(0, report.complete_bytes), "what is kept is not what stands there");
}

using Files = std::map<std::string, std::string>;
Files files_below(const std::string& folder) {
  Files files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
    files[entry.path().string()] = entry.is_regular_file() ? fuzz::read_file(entry.path()) : "";
  return files;
}

// An input, and the files that are made of it.
class Found {
 public:
  Found(const fuzz::ScratchFolder& scratch, uint8_t mark, std::string_view text)
      : mark_(mark), folder_(scratch / "run"), metadata_(take_part(text)), report_(take_part(text)) {
    details_ = has(128) ? take_part(text) : text;
    if (has(128) && !text.empty()) {
      form_ = static_cast<uint8_t>(text[0]);
      other_ = text.substr(1);
    }
    if (form(kReportIsHuge)) report_ += std::string((1 << 20) + 8192, ' ');
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_ + "/elsewhere");
    identity_ = {.names = {.dataset = "D", .network = "N", .folder = folder_},
                 .metadata = {},
                 .faults = faults(),
                 .scores_per_image = kClasses};
    choose_settings();
    write(scratch);
  }

  [[nodiscard]] bool has(int bit) const { return (mark_ & bit) != 0; }
  [[nodiscard]] bool form(Form bit) const { return (form_ & bit) != 0; }
  [[nodiscard]] const ReportIdentity& identity() const { return identity_; }
  [[nodiscard]] const std::string& folder() const { return folder_; }
  [[nodiscard]] const std::string& report() const { return report_; }
  [[nodiscard]] std::string path() const { return folder_ + "/" + kName; }
  [[nodiscard]] ReportRequest request() const {
    const std::string details = details_path();
    return {.path = has(32) ? "" : folder_ + (form(kReportIsLink) ? "/link.csv" : "/" + std::string(kName)),
            .details = !has(2)                 ? ""
                       : form(kDetailsAreLink) ? folder_ + "/details"
                                               : details,
            .scores = has(16) ? ScoreMode::all : ScoreMode::none,
            .overwrite = has(8),
            .dry_run = has(64)};
  }

 private:
  static constexpr const char* kName = "D_N_r.csv";

  static std::optional<RunMetadata> parsed(const std::string& text) {
    return fuzz::accepted([&] { return parse_metadata(text, "r.run.json"); }, {ErrorKind::resume});
  }
  [[nodiscard]] std::string details_path() const {
    return folder_ + (form(kDetailsElsewhere) ? "/elsewhere/d.csv" : "/d.csv");
  }

  // Metadata that can be read are those of the run, too.
  void choose_settings() {
    if (const auto read = parsed(metadata_)) {
      identity_.metadata = has(1) ? mended(*read, kName, report_, details_) : *read;
      if (has(1)) metadata_ = metadata_text(identity_.metadata);
    }
    if (const auto other = parsed(other_)) {
      identity_.metadata.settings = other->settings;
      identity_.metadata.scores = other->scores;
    }
    identity_.metadata.images = kImages;
    identity_.metadata.classes = kClasses;
  }

  void write(const fuzz::ScratchFolder& scratch) const {
    namespace fs = std::filesystem;
    if (!form(kReportIsGone)) scratch.write(std::string("run/") + kName, report_);
    if (!metadata_.empty()) scratch.write("run/D_N_r.run.json", metadata_);
    const bool has_details = has(2) && !details_.empty();
    if (has_details) scratch.write(form(kDetailsElsewhere) ? "run/elsewhere/d.csv" : "run/d.csv", details_);
    if (!other_.empty()) {
      scratch.write("run/D_N_other.run.json", other_);
      scratch.write("run/D_N_other.csv", report_header());
    }
    if (form(kReportIsLink)) fs::create_symlink(path(), folder_ + "/link.csv");
    if (form(kDetailsAreLink)) fs::create_symlink(details_path(), folder_ + "/details");
    if (form(kReportIsShared) && !form(kReportIsGone)) fs::create_hard_link(path(), folder_ + "/elsewhere/r");
    if (form(kDetailsAreShared) && has_details)
      fs::create_hard_link(details_path(), folder_ + "/elsewhere/d");
    if (!form(kScoresAreThere)) return;
    const ScoreFiles scores(folder_ + "/D_N_r", ScoreMode::all, kImages, kClasses);
    const std::vector<float> values(scores.scores());
    scores.prepare();
    scores.write_golden(values);
    for (const int64_t id : {4, 7}) scores.write_fault(id, values, values);
  }

  uint8_t mark_;
  std::string folder_, metadata_, report_, details_, other_;
  uint8_t form_ = 0;
  ReportIdentity identity_;
};

// A folder for scores without a report.
void check_score_folder(const Found& found) {
  const auto folder = fuzz::accepted([&] { return new_score_folder(found.identity(), found.request()); },
                                     {ErrorKind::resume, ErrorKind::output});
  if (folder && !found.has(64)) fuzz::require(std::filesystem::is_directory(*folder), "no folder for scores");
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  static const fuzz::ScratchFolder scratch;
  const Found found(scratch, data[0], fuzz::as_text(data + 1, size - 1));
  const Files before = files_below(found.folder());
  auto opened = fuzz::accepted(
      [&] {
        return open_report(found.identity(), found.request(),
                           [](const std::string& line) { fuzz::check_message(line); });
      },
      {ErrorKind::resume, ErrorKind::bad_input, ErrorKind::output});
  const bool is_overwritten =
      opened && opened->paths.report == found.path() && opened->state == ReportState::fresh;
  const Files after = files_below(found.folder());
  for (const auto& [path, bytes] : before) {
    const bool is_kept = found.has(64) || !is_overwritten || path.ends_with("other.csv");
    if (is_kept && !path.ends_with(".run.json"))
      fuzz::require(after.contains(path) && after.at(path) == bytes, "a file that was there is another");
  }
  if (found.has(64)) fuzz::require(after == before, "a dry run has written");
  if (opened && opened->state != ReportState::fresh) {
    fuzz::require(opened->paths.report == found.path(), "another report");
    check_kept(opened->content, found.report());
    if (opened->state == ReportState::finished)
      fuzz::require(opened->content.rows.size() == faults().size(), "a finished report without all rows");
    if (found.has(4) && opened->state == ReportState::unfinished && !found.has(64))
      write_rest(*opened, found.identity().metadata);
  }
  opened.reset();
  if (found.has(16)) check_score_folder(found);
  return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size, unsigned seed) {
  return fuzz::mutate_json_parts(data, size, max_size, seed, 1);
}
