#include "answers/report_metadata.hpp"

#include <fmt/format.h>

#include "io/file.hpp"
#include "io/sha256.hpp"
#include "report/csv_report.hpp"
#include "report/report_names.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail {

std::optional<RunMetadata> metadata_beside(const std::string& report) {
  const std::string path = metadata_path_of(report);
  if (!file_exists(path)) return std::nullopt;
  const std::string text = read_text(path);
  try {
    return parse_metadata(text, path);
  } catch (const Error& error) {  // to a run it would be a report that cannot be continued
    throw Error(ErrorKind::bad_input, error.what());
  }
}

namespace {

void require_unchanged(const std::string& text, const std::string& report, const RunMetadata& metadata) {
  if (!metadata.finished || sha256_of(text.data(), text.size()) == metadata.report_sha256) return;
  throw Error(
      ErrorKind::bad_input,
      fmt::format("{}: was changed after it was finished: {} speak of {} bytes with the SHA-256 {}; restore "
                  "the report, or move its metadata away if the change is meant",
                  report, metadata_path_of(report), metadata.report_bytes, metadata.report_sha256));
}

}  // namespace

AskedReport read_asked_report(const std::string& path) {
  AskedReport asked{.path = path, .metadata = metadata_beside(path), .content = {}};
  const std::string text = read_text(path);
  if (asked.metadata) require_unchanged(text, path, *asked.metadata);
  asked.content = parse_whole_report(text, path);
  return asked;
}

}  // namespace tf_injector::detail
