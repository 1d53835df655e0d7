#include "core/message.hpp"
#include "report/merge.hpp"
#include "session/guarded.hpp"
#include "tf_injector/error.hpp"
#include "tf_injector/merge.hpp"
#include "tf_injector/report.hpp"

namespace tf_injector {

MergedReport merge_reports(const std::vector<std::string>& shards, const MergeOptions& options,
                           const std::function<void(const std::string&)>& message) {
  if (options.path.empty()) throw Error(ErrorKind::usage, "`output`: expected the path of a report");
  if (shards.empty()) throw Error(ErrorKind::usage, "expected the reports of shards, found none");
  check_options(ReportOptions{.path = options.path, .details_path = options.details_path});
  return detail::guarded([&] { return detail::merge(shards, options, detail::or_silent(message)); });
}

}  // namespace tf_injector
