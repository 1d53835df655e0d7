#include "answers/report_metadata.hpp"

#include <fmt/format.h>

#include "io/file.hpp"
#include "io/sha256.hpp"
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

void require_unchanged(const std::string& report, const RunMetadata& metadata) {
  if (!metadata.finished || sha256_of_file(report) == metadata.report_sha256) return;
  throw Error(
      ErrorKind::bad_input,
      fmt::format("{}: was changed after it was finished: {} speak of {} bytes with the SHA-256 {}; restore "
                  "the report, or move its metadata away if the change is meant",
                  report, metadata_path_of(report), metadata.report_bytes, metadata.report_sha256));
}

}  // namespace tf_injector::detail
