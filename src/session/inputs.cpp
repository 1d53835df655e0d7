#include "session/inputs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <utility>
#include <vector>

#include "core/process_memory.hpp"
#include "data/load.hpp"
#include "io/sha256.hpp"
#include "keras/import.hpp"
#include "report/report_names.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector {
namespace {

// Of the program that is loaded only when it runs.
constexpr uint64_t kCodeBytes = 5 << 20;

void require(bool condition, const std::string& otherwise) {
  if (!condition) throw Error(ErrorKind::usage, otherwise);
}

void require_at_least(const char* flag, int64_t value, int64_t least) {
  require(value >= least, fmt::format("{}: expected a number from {}, found {}", flag, least, value));
}

void check_normalization(const CampaignOptions& options) {
  require(options.mean.has_value() == options.std.has_value(),
          "--mean and --std are given together or not at all");
  if (!options.mean) return;
  for (float value : *options.mean) {
    require(std::isfinite(value), fmt::format("--mean: expected three numbers, found {}", value));
  }
  for (float value : *options.std) {
    require(std::isfinite(value) && value > 0.0f,
            fmt::format("--std: expected three numbers above 0, found {}", value));
  }
}

// Names become parts of file names.
void check_name(const char* flag, const std::string& name) {
  require(name.find('/') == std::string::npos && name != "." && name != "..",
          fmt::format("{}: expected a name, found '{}'; --model and --data take paths", flag, name));
}

void check_report_path(const CampaignOptions& options) {
  if (options.report_path.empty()) return;
  const std::filesystem::path path(options.report_path);
  const std::string stem = path.stem().string();
  require(
      path.has_extension() && stem != "." && stem != "..",
      fmt::format("--report: expected a file name with a suffix (r.csv: its scores go into r/), found '{}'",
                  options.report_path));
  require(!options.report_path.ends_with(".run.json"),
          fmt::format("--report: names that end in .run.json are those of metadata, found '{}'",
                      options.report_path));
}

std::vector<std::string> input_names(const Graph& graph) {
  std::vector<std::string> names;
  for (const NodeId input : graph.inputs)
    names.push_back(std::get<ops::Input>(graph.nodes[static_cast<size_t>(input)].op).name);
  return names;
}

}  // namespace

void check_options(const CampaignOptions& options) {
  check_name("--dataset", options.dataset);
  check_name("--network-name", options.network);
  require_at_least("--batch-size", options.batch_size, 1);
  require_at_least("--limit", options.limit.value_or(1), 1);
  require_at_least("--threads", options.threads, 0);
  require_at_least("--check", options.check.value_or(0), 0);
  require_at_least("--tile", options.tile, 0);
  require(!options.resume_from || !options.fault_list_path.empty(), "--resume-from needs a --fault-list");
  require(options.resize == "pillow" || options.resize == "tensorflow",
          fmt::format("--resize: expected pillow or tensorflow, found '{}'", options.resize));
  require(options.preprocess.empty() || options.preprocess == "dataset" || options.preprocess == "none",
          fmt::format("--preprocess: expected dataset or none, found '{}'", options.preprocess));
  require(
      options.preprocess != "none" || !options.mean,
      "--preprocess none feeds the values as they are, --mean and --std normalise them: give one of them");
  check_normalization(options);
  check_report_path(options);
}

CampaignInputs load_inputs(const CampaignOptions& options, const Message& message,
                           const std::atomic<bool>* stop) {
  CampaignInputs inputs;
  inputs.model_path = find_model(options);
  message(fmt::format("reading the model {}", inputs.model_path));
  // Read once: the hash is of the bytes that the network comes from, whatever stands under the name later.
  keras::ModelFile file = keras::read_model(inputs.model_path);
  inputs.model_sha256 = sha256_of(file.bytes.data(), file.bytes.size());
  inputs.graph = keras::import_model(std::move(file));
  for (const std::string& note : inputs.graph.notes)
    message(fmt::format("note: {}: {}", inputs.model_path, note));
  if (!options.fault_list_path.empty()) {
    inputs.list = read_fault_list(options.fault_list_path, inputs.graph);
    message(fmt::format("{}: {} faults", options.fault_list_path, inputs.list->faults.size()));
  }
  inputs.dataset = data::load_dataset(
      {.dataset = options.dataset,
       .path = options.data_path,
       .allow_download = options.allow_download && !options.dry_run,
       .resize = options.resize,
       .inputs = input_names(inputs.graph),
       .on_message = message,
       .on_fetch = [stop](uint64_t, std::optional<uint64_t>) { return stop == nullptr || !stop->load(); }});
  message(fmt::format("{}: {} images", inputs.dataset.source, inputs.dataset.size()));
  return inputs;
}

uint64_t CampaignInputs::bytes() const {
  return graph.bytes() + dataset.bytes() + (list ? list->faults.size() * kBytesPerFault : 0);
}

CampaignInputs CampaignInputs::copy_beside() const {
  CampaignInputs copy = *this;
  copy.other.now += bytes();
  return copy;
}

CampaignInputs load_inputs_of_program(const CampaignOptions& options, const Message& message,
                                      const std::atomic<bool>* stop) {
  CampaignInputs inputs = load_inputs(options, message, stop);
  give_back_freed_memory();
  const ProcessMemory process = process_memory();
  inputs.other = {.now = process.now - std::min(process.now, inputs.bytes()) + kCodeBytes,
                  .peak = process.peak};
  return inputs;
}

}  // namespace tf_injector
