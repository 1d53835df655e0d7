#include "cli/run_options.hpp"

#include <fmt/format.h>

#include "cli/inputs.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::cli {
namespace {

// Names become parts of file names.
void check_name(const char* flag, const std::string& name) {
  if (name.find('/') == std::string::npos && name != "." && name != "..") return;
  throw Error(ErrorKind::usage,
              fmt::format("{}: expected a name, found '{}'; --model and --data take paths", flag, name));
}

}  // namespace

void check_run_options(const RunOptions& options) {
  check_name("--dataset", options.dataset);
  check_name("--network-name", options.network);
  if (options.resume_from && options.fault_list_path.empty())
    throw Error(ErrorKind::usage, "--resume-from needs a --fault-list");
  check_options(session_options(options));
  check_options(report_options(options, {}));
}

SessionOptions session_options(const RunOptions& options) {
  SessionOptions session;
  session.output = options.output_name;
  session.batch_size = options.batch_size;
  session.limit = options.limit;
  session.preprocess = {.mode = options.preprocess,
                        .dataset = options.dataset,
                        .mean = options.mean,
                        .std = options.std,
                        .tensorflow_arithmetic = options.use_tensorflow_preprocessing};
  session.kernels = options.kernels;
  session.threads = options.threads;
  session.tile = options.tile;
  session.memory_bytes = options.memory_bytes;
  return session;
}

CampaignOptions campaign_options(const RunOptions& options) {
  return {.check = options.check, .scores = options.scores};
}

ReportOptions report_options(const RunOptions& options, const std::vector<std::string>& command_line) {
  return {.path = options.report_path,
          .folder = options.output_folder,
          .dataset = !options.dataset.empty() ? options.dataset : stem_of(options.data_path),
          .network = !options.network.empty() ? options.network : stem_of(options.model_path),
          .overwrite = options.overwrite,
          .dry_run = options.dry_run,
          .resize = resize_name(options.resize),
          .command_line = command_line};
}

}  // namespace tf_injector::cli
