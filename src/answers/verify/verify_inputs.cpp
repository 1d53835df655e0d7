#include "answers/verify/verify_inputs.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "answers/report_subject.hpp"
#include "core/printable.hpp"
#include "data/preprocess.hpp"
#include "io/file.hpp"
#include "io/sha256.hpp"
#include "report/report_names.hpp"
#include "session/session_state.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail {
namespace {

// Where an input is: as given, else as the metadata name it.
std::string path_of(const std::string& given, const std::string& recorded) {
  return given.empty() ? recorded : given;
}

}  // namespace

LoadedInputs::LoadedInputs(const VerifyInputs& inputs, const std::optional<RunMetadata>& metadata,
                           const std::string& report, const CampaignCallbacks& callbacks)
    : inputs_(inputs),
      metadata_(metadata),
      callbacks_(callbacks),
      model_path_(path_of(inputs.model_path, metadata ? metadata->model_path : "")),
      list_path_(path_of(inputs.fault_list_path, metadata ? metadata->fault_list_path : "")),
      data_path_(path_of(inputs.data_path, metadata ? metadata->data_path : "")),
      model_(inputs.model),
      list_(inputs.faults),
      dataset_(inputs.dataset) {
  std::vector<std::string> missing;
  if (!model_ && model_path_.empty()) missing.emplace_back("`model`");
  if (!list_ && list_path_.empty()) missing.emplace_back("`fault_list`");
  if (!dataset_ && data_path_.empty() && inputs.dataset_name.empty()) missing.emplace_back("`data`");
  if (missing.empty()) {
    require_places(report);
    require_storage(report);
    return;
  }
  throw Error(
      ErrorKind::bad_input,
      fmt::format(
          "{}: {}; give {} (and what else decided its rows: `batch_size`, `dataset`, `limit`, ...)", report,
          metadata ? "its metadata do not say where everything is"
                   : "no metadata (" + metadata_path_of(report) + ") that say what it is the report of",
          fmt::join(missing, " and ")));
}

// What the metadata name may have been moved since.
void LoadedInputs::require_places(const std::string& report) const {
  const auto require = [&](const char* option, const std::string& given, const std::string& recorded) {
    if (!given.empty() || recorded.empty() || file_exists(recorded)) return;
    throw Error(
        ErrorKind::bad_input,
        fmt::format("{} names '{}', which is not there (from the folder that the program runs in); say "
                    "with {} where it is now",
                    metadata_path_of(report), printable(recorded), option));
  };
  if (!metadata_) return;
  if (!model_) require("`model`", inputs_.model_path, metadata_->model_path);
  if (!list_) require("`fault_list`", inputs_.fault_list_path, metadata_->fault_list_path);
  if (!dataset_ && inputs_.dataset_name.empty()) require("`data`", inputs_.data_path, metadata_->data_path);
}

std::optional<StorageFormat> LoadedInputs::given_storage() const {
  return model_ ? model_->storage() : inputs_.storage;
}

void LoadedInputs::require_storage(const std::string& report) const {
  const std::optional<StorageFormat> given = given_storage();
  if (!metadata_ || !given || *given == metadata_->settings.storage) return;
  throw Error(ErrorKind::resume,
              fmt::format("{}: `storage`: {} in the report's metadata, {} now; they say how it was run",
                          report, storage_name(metadata_->settings.storage), storage_name(*given)));
}

void LoadedInputs::say(const std::string& line) const {
  if (callbacks_.message) callbacks_.message(line);
}

std::string LoadedInputs::model_sha256() const {
  return model_ ? model_->sha256() : sha256_of_file(model_path_);
}

std::string LoadedInputs::list_sha256() const { return list_ ? list_->sha256() : sha256_of_file(list_path_); }

void LoadedInputs::load_model() {
  if (model_) return;
  say("reading the model " + model_path_);
  const StorageFormat storage =
      metadata_ ? metadata_->settings.storage : inputs_.storage.value_or(StorageFormat::float32);
  model_ = Model::load(model_path_).stored(storage);
}

void LoadedInputs::load_list() {
  if (!list_) list_ = FaultList::read(list_path_, *model_);
  const std::optional<int64_t> first = metadata_ ? metadata_->settings.resume_from : inputs_.resume_from;
  if (first && list_->begins_at() != first) list_ = list_->from(*first);
  if (const auto shard = metadata_ ? metadata_->settings.shard : std::nullopt; shard && !list_->shard())
    list_ = list_->shard(*shard);
  say(fmt::format("{}: {} faults", list_->source(), list_->size()));
}

// A set that the command line of the run named, or that is asked for.
std::string LoadedInputs::named_dataset() const {
  if (!inputs_.dataset_name.empty()) return inputs_.dataset_name;
  const std::string name = metadata_ ? dataset_name(*metadata_) : "";
  const std::vector<std::string> known = dataset_names();
  return std::find(known.begin(), known.end(), name) == known.end() ? "" : name;
}

std::string LoadedInputs::resize() const {
  return metadata_ ? metadata_->settings.resize : resize_name(inputs_.resize);
}

void LoadedInputs::load_dataset() {
  if (dataset_) return;
  const bool is_tensorflow = resize() == resize_name(Resize::tensorflow);
  DatasetRequest request{.name = named_dataset(),
                         .path = data_path_,
                         .allow_download = inputs_.allow_download,
                         .resize = is_tensorflow ? Resize::tensorflow : Resize::pillow,
                         .message = callbacks_.message,
                         .stop = callbacks_.stop};
  for (const ModelInput& input : model_->inputs()) request.inputs.push_back(input.name);
  dataset_ = tf_injector::load_dataset(request);
  say(fmt::format("{}: {} images", dataset_->source, dataset_->size()));
}

SessionOptions LoadedInputs::recorded_options() const {
  SessionOptions options = inputs_.session;
  const RunSettings& settings = metadata_->settings;
  options.output = settings.output;
  options.batch_size = settings.batch_size;
  options.limit = settings.limit;
  options.preprocess = {.tensorflow_arithmetic = settings.use_tensorflow_preprocessing};
  options.preprocess.mean = settings.mean;
  options.preprocess.std = settings.std;
  return options;
}

// The metadata have the formula of the preprocessing, not the flags that it came from: those that give it are
// taken. Up to schema 1 it was always that of a data set.
Session LoadedInputs::make_session() const {
  using Mode = PreprocessOptions::Mode;
  if (!metadata_) {
    SessionOptions options = inputs_.session;
    if (options.preprocess.dataset.empty()) options.preprocess.dataset = inputs_.dataset_name;
    return Session(*model_, *dataset_, options);
  }
  SessionOptions options = recorded_options();
  for (const Mode mode : {Mode::automatic, Mode::dataset, Mode::none}) {
    if (mode == Mode::none && options.preprocess.mean) break;
    options.preprocess.mode = mode;
    Session session(*model_, *dataset_, options);
    const std::optional<std::string>& how = metadata_->settings.preprocessing;
    if (how ? session.state().preprocessing.how == *how : mode == Mode::dataset) return session;
  }
  options.preprocess.mode = Mode::automatic;  // the settings will differ, and that is said
  return Session(*model_, *dataset_, options);
}

}  // namespace tf_injector::detail
