#include "answers/report_metadata.hpp"

#include "io/file.hpp"
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

}  // namespace tf_injector::detail
