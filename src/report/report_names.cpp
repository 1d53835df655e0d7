#include "report/report_names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <filesystem>
#include <vector>

#include "core/nearest_name.hpp"
#include "io/file.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector {
namespace {

namespace fs = std::filesystem;

constexpr const char* kModelFolder = "models";
constexpr const char* kModelSuffix = ".keras";

// "data" of "x/data.npz" and of "x/data/"; archives lose both suffixes ("cifar-10-python" of ".tar.gz").
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

}  // namespace

ReportNames report_names(const CampaignOptions& options) {
  if (options.dataset.empty() && options.data_path.empty()) {
    throw Error(ErrorKind::usage, "--dataset is required: CIFAR10, CIFAR100 or GTSRB (or --data PATH)");
  }
  if (options.network.empty() && options.model_path.empty()) {
    throw Error(ErrorKind::usage, "--network-name is required (or --model FILE)");
  }
  ReportNames names;
  names.dataset = !options.dataset.empty() ? options.dataset : stem_of(options.data_path);
  names.network = !options.network.empty() ? options.network : stem_of(options.model_path);
  names.folder = (fs::path(options.output_folder) / names.dataset / names.network).string();
  return names;
}

std::string find_model(const CampaignOptions& options) {
  if (!options.model_path.empty()) {
    if (!file_exists(options.model_path)) throw ModelError(options.model_path + ": no such file");
    return options.model_path;
  }
  if (options.dataset.empty()) {
    throw Error(ErrorKind::usage, "--model is required when --dataset is not given");
  }
  const fs::path path = fs::path(kModelFolder) / options.dataset / (options.network + kModelSuffix);
  if (!file_exists(path.string())) throw_no_model(path);
  return path.string();
}

std::string without_suffix(const std::string& path) {
  const fs::path p(path);
  return (p.parent_path() / p.stem()).string();
}

std::string metadata_path_of(const std::string& report_path) {
  return without_suffix(report_path) + ".run.json";
}

std::string time_stamp() {
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  localtime_r(&now, &local);
  char text[16];
  std::strftime(text, sizeof(text), "%y%m%d_%H%M", &local);
  return text;
}

std::string free_stamp(const ReportNames& names, const std::string& stamp) {
  for (int number = 1;; ++number) {
    const std::string candidate = number == 1 ? stamp : fmt::format("{}_{}", stamp, number);
    const std::string report = names.folder + "/" + names.prefix() + candidate + ".csv";
    if (!file_exists(report) && !file_exists(metadata_path_of(report)) &&
        !file_exists(names.folder + "/" + candidate)) {
      return candidate;
    }
  }
}

}  // namespace tf_injector
