// The report of a shard that is merged: a mark, its metadata, a NUL, the report, a NUL, its details. Of the
// mark, 1: sizes and hashes in the metadata are made those of the files, so that what is behind is reached.
#include "io/file.hpp"
#include "io/sha256.hpp"
#include "json_mutator.hpp"
#include "report/csv_report.hpp"
#include "report/merge.hpp"

using namespace tf_injector;
using namespace tf_injector::detail;

namespace {

RunMetadata mended(RunMetadata metadata, std::string_view report, std::string_view details) {
  metadata.report_bytes = report.size();
  metadata.report_sha256 = sha256_of(report.data(), report.size());
  if (!metadata.details) return metadata;
  metadata.details->file = "d.csv";
  metadata.details->bytes = details.size();
  metadata.details->sha256 = sha256_of(details.data(), details.size());
  return metadata;
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  static const fuzz::ScratchFolder scratch;
  std::string_view rest = fuzz::as_text(data + 1, size - 1);
  const auto take_part = [&rest] {
    const size_t nul = std::min(rest.find('\0'), rest.size());
    const std::string part(rest.substr(0, nul));
    rest.remove_prefix(std::min(nul + 1, rest.size()));
    return part;
  };
  std::string metadata = take_part();
  const std::string report = take_part(), details(rest);
  if ((data[0] & 1) != 0) {
    const auto parsed =
        fuzz::accepted([&] { return parse_metadata(metadata, "s.run.json"); }, {ErrorKind::resume});
    if (parsed) metadata = metadata_text(mended(*parsed, report, details));
  }
  std::filesystem::remove_all(scratch / "run");
  scratch.write("run/s.run.json", metadata);
  scratch.write("run/d.csv", details);
  const std::string shard = scratch.write("run/s.csv", report), path = scratch / "run/all.csv";
  const auto merged = fuzz::accepted(
      [&] {
        return merge({shard}, {.path = path}, [](const std::string& line) { fuzz::check_message(line); });
      },
      {ErrorKind::resume, ErrorKind::bad_input, ErrorKind::output, ErrorKind::usage});
  fuzz::require(fuzz::read_file(shard) == report, "a shard that is another");
  if (!merged) {
    fuzz::require(!file_exists(path) && !file_exists(scratch / "run/all.run.json"),
                  "a refusal leaves a file");
    return 0;
  }
  fuzz::require(fuzz::read_file(path) == report, "one shard is not the whole");
  const Report read = parse_report(report, "all.csv");
  const RunMetadata of_all = parse_metadata(fuzz::read_file(merged->metadata_path), "all.run.json");
  fuzz::require(of_all.finished && !of_all.settings.shard, "metadata that are not those of a whole");
  fuzz::require(of_all.rows == static_cast<int64_t>(read.rows.size()), "another number of rows");
  if (!merged->details_path.empty())
    fuzz::require(fuzz::read_file(merged->details_path) == details, "other details");
  return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size, unsigned seed) {
  return fuzz::mutate_json_parts(data, size, max_size, seed, 1);
}
