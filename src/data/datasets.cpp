#include "tf_injector/datasets.hpp"

#include <filesystem>

#include "core/message.hpp"
#include "core/round_to_nearest.hpp"
#include "data/certificates.hpp"
#include "data/dataset_table.hpp"
#include "data/download.hpp"
#include "data/file_probe.hpp"
#include "data/load.hpp"
#include "io/sha256.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector {

using namespace detail;
namespace {

bool is_stopped(const std::atomic<bool>* stop) { return stop != nullptr && *stop; }

}  // namespace

const char* resize_name(Resize resize) { return resize == Resize::pillow ? "pillow" : "tensorflow"; }

std::vector<std::string> dataset_names() {
  std::vector<std::string> names;
  for (const data::NamedSet& set : data::dataset_table()) names.push_back(set.name);
  return names;
}

Dataset load_dataset(const DatasetRequest& request) {
  const RoundToNearest rounding;
  return data::load_dataset(
      {.dataset = request.name,
       .path = request.path,
       .allow_download = request.allow_download,
       .resize = resize_name(request.resize),
       .inputs = request.inputs,
       .on_message = or_silent(request.message),
       .on_fetch = [&request](uint64_t, std::optional<uint64_t>) { return !is_stopped(request.stop); }});
}

void fetch_dataset(const FetchRequest& request) {
  if (request.folder.empty())
    throw Error(ErrorKind::usage, "`folder`: expected the folder that the files go to, found none");
  std::vector<data::DownloadFile> files = data::named_set(request.name).downloads;
  if (!request.sha256.empty()) {
    files[0].hash_kind = data::HashKind::sha256;
    files[0].hash = request.sha256;
  }
  data::DownloadOptions options;
  options.mirrors = request.mirrors;
  options.on_message = or_silent(request.message);
  for (const data::DownloadFile& file : files) {
    options.on_progress = [&](uint64_t done, std::optional<uint64_t> total) {
      if (request.progress) request.progress(file.name, done, total);
      return !is_stopped(request.stop);
    };
    data::download_files({&file, 1}, request.folder, options);
    const std::string path = data::in_folder(request.folder, file.name);
    if (request.fetched) request.fetched({path, std::filesystem::file_size(path), sha256_of_file(path)});
  }
}

bool has_certificates() { return data::find_certificates().has_value(); }

void use_certificates(const std::string& bundle) { data::use_bundle(bundle); }

}  // namespace tf_injector
