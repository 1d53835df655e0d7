// A finished report as `report` reads it: its metadata, a NUL, the report, a NUL, its details. Of metadata
// that can be read, size and hash are made those of the report, and of the details.
#include <algorithm>

#include "core/json.hpp"
#include "io/sha256.hpp"
#include "json_mutator.hpp"
#include "report/run_metadata.hpp"
#include "tf_injector/report_statistics.hpp"

using namespace tf_injector;
using namespace tf_injector::detail;

namespace {

std::string mended(const std::string& text, std::string_view report, std::string_view details) {
  const auto read = fuzz::accepted([&] { return parse_metadata(text, "r.run.json"); }, {ErrorKind::resume});
  if (!read) return text;
  RunMetadata metadata = *read;
  metadata.report_bytes = report.size();
  metadata.report_sha256 = sha256_of(report.data(), report.size());
  if (metadata.details) {
    metadata.details->file = "d.csv";  // another one would be read, whatever it is
    metadata.details->bytes = details.size();
    metadata.details->sha256 = sha256_of(details.data(), details.size());
  }
  return metadata_text(metadata);
}

// The next part of the text, up to a NUL.
std::string_view take_part(std::string_view& text) {
  const size_t nul = std::min(text.find('\0'), text.size());
  const std::string_view part = text.substr(0, nul);
  text.remove_prefix(std::min(nul + 1, text.size()));
  return part;
}

void check_texts(const ReportStatistics& statistics) {
  for (const std::string& remark : statistics.remarks) fuzz::check_message(remark);
  fuzz::require(!statistics_text(statistics).empty(), "no text");
  (void)Json::parse(statistics_json(statistics));
  const std::string page = statistics_html(statistics);
  fuzz::require(page.find("<script>alert") == std::string::npos, "a script of a report in its page");
  for (const Picture& picture : statistics_pictures(statistics))
    fuzz::require(picture.svg.find("<script>alert") == std::string::npos,
                  "a script of a report in a picture");
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const fuzz::ScratchFolder folder;
  std::string_view text = fuzz::as_text(data, size);
  const std::string metadata(take_part(text));
  const std::string_view report = take_part(text), details = text;
  const std::string path = folder.write("r.csv", report);
  folder.write("r.run.json", mended(metadata, report, details));
  folder.write("d.csv", details);
  auto statistics = fuzz::accepted([&] { return report_statistics(path, {.fit_per_mbit = 100.0}); });
  if (!statistics) return 0;
  for (const Share& share :
       {statistics->network[Outcome::critical].images, statistics->network[Outcome::critical].faults})
    fuzz::require(
        0 <= share.low && share.low <= share.estimate && share.estimate <= share.high && share.high <= 1,
        "an interval that is none");
  const auto of_details = fuzz::accepted([&] { return detail_statistics("", path); });
  if (of_details) statistics->details = *of_details;
  check_texts(*statistics);
  return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size, unsigned seed) {
  return fuzz::mutate_json_parts(data, size, max_size, seed, 0);
}
