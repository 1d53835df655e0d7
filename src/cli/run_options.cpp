#include "cli/run_options.hpp"

#include <fmt/format.h>

#include "cli/inputs.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail::cli {
namespace {

// Names become parts of file names.
void check_name(const char* flag, const std::string& name) {
  if (name.find('/') == std::string::npos && name != "." && name != "..") return;
  throw Error(ErrorKind::usage,
              fmt::format("{}: expected a name, found '{}'; --model and --data take paths", flag, name));
}

}  // namespace

void check_names(const RunOptions& options) {
  check_name("--dataset", options.dataset);
  check_name("--network-name", options.network);
}

void check_run_options(const RunOptions& options) {
  check_names(options);
  if (options.resume_from && options.fault_list_path.empty())
    throw Error(ErrorKind::usage, "--resume-from needs a --fault-list");
  if (options.shard && options.fault_list_path.empty())
    throw Error(ErrorKind::usage, "--shard needs a --fault-list: it is a part of its rows");
  if (!options.report.details_path.empty() && options.fault_list_path.empty())
    throw Error(ErrorKind::usage, "--details needs a --fault-list: it has a row for each fault");
  if (!options.status_path.empty() && options.fault_list_path.empty())
    throw Error(ErrorKind::usage, "--status needs a --fault-list: it says how many faults are done");
  check_options(session_options(options));
  check_options(report_options(options, {}));
}

SessionOptions session_options(const RunOptions& options) {
  SessionOptions session = options.session;
  session.preprocess.dataset = options.dataset;
  return session;
}

ReportOptions report_options(const RunOptions& options, const std::vector<std::string>& command_line,
                             const Configuration& configuration) {
  ReportOptions report = options.report;
  report.dataset = !options.dataset.empty() ? options.dataset : stem_of(options.data_path);
  report.network = !options.network.empty() ? options.network : stem_of(options.model_path);
  report.resize = resize_name(options.resize);
  report.command_line = command_line;
  report.configuration = configuration;
  return report;
}

}  // namespace tf_injector::detail::cli
