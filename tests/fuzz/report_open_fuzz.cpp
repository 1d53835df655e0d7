// A report with its metadata that a run finds and goes on with: a mark, the metadata, a NUL, the report, a
// NUL, its details. Of the mark, 1: size and hash in the metadata are made those of the files, so that what
// is behind is reached; 2: the run has details; 4: it writes the rows that are missing.
#include <unistd.h>

#include "fuzz_target.hpp"
#include "io/sha256.hpp"
#include "report/report_check.hpp"
#include "report/report_journal.hpp"
#include "report/report_open.hpp"

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

RunMetadata mended(RunMetadata metadata, std::string_view report, std::string_view details) {
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

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  static const fuzz::ScratchFolder folder;
  std::string_view text = fuzz::as_text(data + 1, size - 1);
  std::string metadata(take_part(text));
  const std::string_view report = take_part(text), details = text;
  const bool has_details = (data[0] & 2) != 0;
  ReportIdentity identity{.names = {.dataset = "D", .network = "N", .folder = folder / ""},
                          .metadata = {},
                          .faults = faults(),
                          .scores_per_image = 2};
  const auto read =
      fuzz::accepted([&] { return parse_metadata(metadata, "r.run.json"); }, {ErrorKind::resume});
  if (read) identity.metadata = (data[0] & 1) != 0 ? mended(*read, report, details) : *read;
  if (read) metadata = metadata_text(identity.metadata);
  identity.metadata.images = kImages;
  identity.metadata.classes = kClasses;
  const std::string path = folder.write("r.csv", report);
  folder.write("r.run.json", metadata);
  const std::string details_path = folder.write("d.csv", details);
  if (!has_details || details.empty()) ::unlink(details_path.c_str());
  auto opened = fuzz::accepted(
      [&] {
        return open_report(identity, {.path = path, .details = has_details ? details_path : ""},
                           [](const std::string& line) { fuzz::check_message(line); });
      },
      {ErrorKind::resume, ErrorKind::bad_input});
  fuzz::require(fuzz::read_file(path) == report, "a report that was opened is another");
  if (!opened) return 0;
  fuzz::require(opened->state != ReportState::fresh || report.empty(),
                "a report that is there counts as new");
  if (opened->state != ReportState::fresh) check_kept(opened->content, report);
  if (opened->state == ReportState::finished)
    fuzz::require(opened->content.rows.size() == faults().size(), "a finished report without all rows");
  if ((data[0] & 4) != 0 && opened->state == ReportState::unfinished) write_rest(*opened, identity.metadata);
  return 0;
}
