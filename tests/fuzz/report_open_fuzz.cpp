// A report with its metadata that a run finds and goes on with: a mark, the metadata, a NUL, the report. With
// an odd mark size and hash in the metadata are made those of the report, so that what is behind is reached.
#include "fuzz_target.hpp"
#include "io/sha256.hpp"
#include "report/report_check.hpp"
#include "report/report_open.hpp"

using namespace tf_injector;
using namespace tf_injector::detail;

namespace {

// Of the report that make_seeds.py writes.
const std::vector<Fault>& faults() {
  static const std::vector<Fault> list = {bit_flip(4, "conv", {2, 0, 1, 3}, 3),
                                          bit_flip(7, "m/dense", {9, 1}, 31),
                                          bit_flip(8, "dense, \"x\"", {0, 1}, 0)};
  return list;
}

RunMetadata mended(RunMetadata metadata, std::string_view report) {
  metadata.report_bytes = std::min<uint64_t>(metadata.report_bytes, report.size());
  metadata.report_sha256 = sha256_of(report.data(), metadata.report_bytes);
  return metadata;
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
  const std::string_view text = fuzz::as_text(data + 1, size - 1);
  const size_t nul = std::min(text.find('\0'), text.size());
  const std::string_view report = text.substr(std::min(nul + 1, text.size()));
  std::string metadata(text.substr(0, nul));
  ReportIdentity identity{.names = {.dataset = "D", .network = "N", .folder = folder / ""},
                          .metadata = {},
                          .faults = faults(),
                          .scores_per_image = 2};
  const auto read =
      fuzz::accepted([&] { return parse_metadata(metadata, "r.run.json"); }, {ErrorKind::resume});
  if (read) identity.metadata = (data[0] & 1) != 0 ? mended(*read, report) : *read;
  if (read) metadata = metadata_text(identity.metadata);
  const std::string path = folder.write("r.csv", report);
  folder.write("r.run.json", metadata);
  const auto opened = fuzz::accepted(
      [&] {
        return open_report(identity, {.path = path},
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
  return 0;
}
