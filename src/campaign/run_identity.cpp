#include "campaign/run_identity.hpp"

#include "io/sha256.hpp"
#include "report/score_files.hpp"

namespace tf_injector {
namespace {

RunSettings settings_of(const Setup& setup, const CampaignOptions& options) {
  const Provenance& p = setup.provenance;
  RunSettings settings;
  settings.model_sha256 = p.model_sha256;
  settings.fault_list_sha256 = p.fault_list_sha256;
  settings.data_sha256 = p.data_sha256;
  settings.batch_size = p.batch_size;
  settings.use_tensorflow_preprocessing = options.use_tensorflow_preprocessing;
  settings.resume_from = options.resume_from;
  settings.resize = options.resize;
  settings.preprocessing = p.preprocessing;
  settings.limit = p.limit;
  settings.output = p.output;
  settings.threshold = setup.decision.threshold();
  if (p.normalization) {
    settings.mean = p.normalization->mean;
    settings.std = p.normalization->std;
  }
  return settings;
}

RunMetadata new_metadata(const Setup& setup, const CampaignOptions& options) {
  RunMetadata m;
  m.tool_version = TFI_VERSION;
  m.command_line = options.command_line;
  m.scores = score_mode_name(options.scores);
  m.model_path = setup.provenance.model_path;
  m.data_path = setup.provenance.data_path;
  m.fault_list_path = options.fault_list_path;
  m.keras_version = setup.provenance.keras_version;
  m.settings = settings_of(setup, options);
  m.preprocessing_reason = setup.provenance.preprocessing_reason;
  m.images = setup.images();
  m.classes = setup.decision.classes(setup.plan.classes());
  m.faults = static_cast<int64_t>(setup.faults.size());
  m.report_sha256 = sha256_of(nullptr, 0);
  m.cpu = cpu_name();
  m.threads = setup.layout.threads;
  m.threads_source = setup.provenance.threads_source;
  m.tile = setup.layout.tile;
  m.kernels = kernel_set_name(setup.plan.kernels());
  m.steps = setup.plan.steps();
  m.started = m.updated = utc_now();
  return m;
}

}  // namespace

ReportIdentity identity_of(const Setup& setup, const CampaignOptions& options) {
  return {.names = report_names(options),
          .metadata = new_metadata(setup, options),
          .faults = setup.faults,
          .scores_per_image = setup.plan.classes()};
}

ReportRequest report_request(const CampaignOptions& options) {
  return {.path = options.report_path,
          .scores = options.scores,
          .overwrite = options.overwrite,
          .dry_run = options.dry_run};
}

}  // namespace tf_injector
