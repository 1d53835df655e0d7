#include "campaign/run_identity.hpp"

#include <fmt/format.h>

#include <filesystem>

#include "campaign/campaign_state.hpp"
#include "io/sha256.hpp"
#include "report/score_files.hpp"
#include "session/kernel_layers.hpp"
#include "session/list_data.hpp"
#include "tf_injector/error.hpp"
#include "tf_injector/version.hpp"

namespace tf_injector::detail {
namespace {

RunSettings settings_of(const Setup& setup, const ReportOptions& options) {
  const SessionOptions& session = setup.session->options;
  RunSettings settings;
  settings.model_sha256 = setup.session->model.sha256();
  settings.storage = setup.session->model.storage();
  settings.data_sha256 = setup.feed().dataset().sha256;
  settings.batch_size = session.batch_size;
  settings.use_tensorflow_preprocessing = session.preprocess.tensorflow_arithmetic;
  settings.resize = options.resize;
  settings.preprocessing = setup.session->preprocessing.how;
  if (session.limit && *session.limit < static_cast<int64_t>(setup.feed().dataset().size()))
    settings.limit = session.limit;
  settings.output = setup.session->output;
  settings.threshold = setup.decision().threshold();
  if (setup.list) {
    settings.fault_list_sha256 = setup.list->sha256();
    settings.resume_from = setup.list->begins_at();
    settings.shard = setup.list->shard();
  }
  if (const auto& normalization = setup.session->preprocessing.normalization) {
    settings.mean = normalization->mean;
    settings.std = normalization->std;
  }
  return settings;
}

RunMetadata new_metadata(const Setup& setup, const ReportOptions& options) {
  RunMetadata m;
  m.tool_version = version();
  m.command_line = options.command_line;
  m.configuration = options.configuration;
  m.scores = score_mode_name(setup.needs.scores);
  m.model_path = setup.session->model.source();
  m.data_path = setup.feed().dataset().source;
  if (setup.list) m.fault_list_path = setup.list->source();
  if (setup.list) m.plan = setup.list->plan();
  if (setup.list) m.is_extended = !setup.list->data()->list.faults.extended().empty();
  m.keras_version = setup.session->model.keras_version();
  m.settings = settings_of(setup, options);
  m.preprocessing_reason = setup.session->preprocessing.why;
  m.images = setup.images();
  m.classes = setup.decision().classes(setup.plan().classes());
  m.faults = static_cast<int64_t>(setup.faults.size());
  m.report_sha256 = sha256_of(nullptr, 0);
  m.cpu = cpu_name();
  m.threads = setup.layout.threads;
  m.threads_source = setup.threads_source;
  m.tile = setup.layout.tile;
  m.kernels = kernel_set_name(setup.plan().kernels());
  m.steps = setup.plan().steps();
  m.layers = kernel_layers(setup.session->model);
  m.started = m.updated = utc_now();
  return m;
}

// The details may be none of the report's other files.
void check_details_path(const ReportOptions& options) {
  const std::string& path = options.details_path;
  if (path.empty()) return;
  const auto refuse = [&](const char* what) {
    throw Error(ErrorKind::usage, fmt::format("`details`: {}, found '{}'", what, path));
  };
  if (!std::filesystem::path(path).has_filename() || path.ends_with("/.") || path.ends_with("/.."))
    refuse("expected a file name");
  if (path.ends_with(".run.json")) refuse("names that end in .run.json are those of metadata");
  const auto plain = [](const std::string& name) {
    std::error_code ignored;
    return std::filesystem::weakly_canonical(std::filesystem::absolute(name, ignored), ignored);
  };
  if (!options.path.empty() && plain(path) == plain(options.path))
    refuse("expected another file than the report's");
}

ReportNames names_of(const ReportOptions& options) {
  const auto folder = std::filesystem::path(options.folder) / options.dataset / options.network;
  return {.dataset = options.dataset, .network = options.network, .folder = folder.string()};
}

}  // namespace
}  // namespace tf_injector::detail

namespace tf_injector {

void check_options(const ReportOptions& options) {
  detail::check_details_path(options);
  const std::string& path = options.path;
  if (path.empty()) return;
  const std::filesystem::path report(path);
  const std::string stem = report.stem().string();
  if (!report.has_extension() || stem == "." || stem == "..") {
    throw Error(ErrorKind::usage,
                fmt::format("`report`: expected a file name with a suffix (r.csv: its scores go into "
                            "r/), found '{}'",
                            path));
  }
  if (path.ends_with(".run.json")) {
    throw Error(ErrorKind::usage,
                fmt::format("`report`: names that end in .run.json are those of metadata, found '{}'", path));
  }
}

}  // namespace tf_injector

namespace tf_injector::detail {

ReportIdentity identity_of(const Campaign& campaign, const ReportOptions& options) {
  const Setup& setup = campaign.state().setup;
  return {.names = names_of(options),
          .metadata = new_metadata(setup, options),
          .faults = setup.faults,
          .scores_per_image = setup.plan().classes()};
}

ReportRequest report_request(const Campaign& campaign, const ReportOptions& options) {
  check_options(options);
  return {.path = options.path,
          .details = options.details_path,
          .scores = campaign.options().scores,
          .overwrite = options.overwrite,
          .dry_run = options.dry_run,
          .stop = options.stop};
}

}  // namespace tf_injector::detail
