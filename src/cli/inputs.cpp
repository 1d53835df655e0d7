#include "cli/inputs.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <new>
#include <utility>
#include <vector>

#include "core/message.hpp"
#include "core/nearest_name.hpp"
#include "core/process_memory.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail::cli {
namespace {

namespace fs = std::filesystem;

constexpr const char* kModelFolder = "models";
constexpr const char* kModelSuffix = ".keras";
// Of the program that is loaded only when it runs.
constexpr uint64_t kCodeBytes = 5 << 20;

bool is_there(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(fs::symlink_status(path, ignored));
}

std::vector<std::string> networks_in(const fs::path& folder) {
  std::vector<std::string> networks;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    if (it->path().extension() == kModelSuffix) networks.push_back(it->path().stem().string());
  }
  std::sort(networks.begin(), networks.end());
  return networks;
}

[[noreturn]] void throw_no_model(const fs::path& path) {
  const std::vector<std::string> networks = networks_in(path.parent_path());
  std::string text = fmt::format("{}: no such model; ", path.string());
  if (networks.empty()) {
    text += fmt::format("there is none in {}/ either; --model FILE names one", path.parent_path().string());
  } else {
    text += fmt::format("{}/ has {}", path.parent_path().string(), fmt::join(networks, ", "));
    const std::string nearest = nearest_name(path.stem().string(), networks);
    if (!nearest.empty()) text += fmt::format(" (did you mean '{}'?)", nearest);
  }
  throw ModelError(text);
}

Dataset load_images(const RunOptions& options, const Model& model, const Message& message) {
  DatasetRequest request{.name = options.dataset,
                         .path = options.data_path,
                         .allow_download = options.allow_download && !options.report.dry_run,
                         .resize = options.resize,
                         .message = message};
  for (const ModelInput& input : model.inputs()) request.inputs.push_back(input.name);
  return load_dataset(request);
}

// What the process holds beside what is counted.
HeldMemory held_beside(uint64_t counted) {
  give_back_freed_memory();
  const ProcessMemory process = process_memory();
  return {.now = process.now - std::min(process.now, counted) + kCodeBytes, .peak = process.peak};
}

BenchmarkInputs read_inputs(const RunOptions& options, const Message& message) {
  const std::string model_path = find_model(options);
  message(fmt::format("reading the model {}", model_path));
  const Model model = Model::load(model_path).stored(options.storage);
  for (const std::string& note : model.notes()) message(fmt::format("note: {}: {}", model_path, note));
  std::optional<FaultList> faults;
  if (!options.fault_list_path.empty()) {
    const FaultList list = FaultList::read(options.fault_list_path, model);
    message(fmt::format("{}: {} faults", options.fault_list_path, list.size()));
    for (const std::string& note : list.notes()) message("note: " + note);
    faults = list;
  }
  Dataset dataset = load_images(options, model, message);
  message(fmt::format("{}: {} images", dataset.source, dataset.size()));
  BenchmarkInputs inputs{model, std::move(dataset), std::move(faults), session_options(options)};
  inputs.options.held = held_beside(model.memory_bytes() + inputs.dataset.bytes() +
                                    (inputs.faults ? inputs.faults->memory_bytes() : 0));
  if (inputs.faults && options.resume_from) inputs.faults = inputs.faults->from(*options.resume_from);
  if (inputs.faults && options.shard) {
    inputs.faults = inputs.faults->shard(*options.shard, model);
    message(fmt::format("shard {}", shard_text(*inputs.faults->shard())));
  }
  return inputs;
}

}  // namespace

std::string stem_of(const std::string& path) {
  fs::path name = fs::path(path).lexically_normal();
  if (!name.has_filename()) name = name.parent_path();
  std::error_code ignored;
  if (name == "." || name == ".." || name.empty()) name = fs::absolute(path, ignored).lexically_normal();
  if (!name.has_filename()) name = name.parent_path();
  name = name.filename();
  if (fs::is_directory(path, ignored)) return name.string();
  name = name.stem();
  return name.extension() == ".tar" ? name.stem().string() : name.string();
}

std::string find_model(const RunOptions& options) {
  if (!options.model_path.empty()) {
    if (!is_there(options.model_path)) throw ModelError(options.model_path + ": no such file");
    return options.model_path;
  }
  if (options.dataset.empty())
    throw Error(ErrorKind::usage, "--model is required when --dataset is not given");
  const fs::path path = fs::path(kModelFolder) / options.dataset / (options.network + kModelSuffix);
  if (!is_there(path)) throw_no_model(path);
  return path.string();
}

BenchmarkInputs load_inputs(const RunOptions& options, const Message& message) {
  try {
    return read_inputs(options, message);
  } catch (const std::bad_alloc&) {
    throw Error(ErrorKind::out_of_memory, "out of memory while reading the model, the list and the data");
  }
}

}  // namespace tf_injector::detail::cli
