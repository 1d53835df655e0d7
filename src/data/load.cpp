#include "data/load.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/environment.hpp"
#include "data/arrays/array_files.hpp"
#include "data/dataset_hash.hpp"
#include "data/dataset_table.hpp"
#include "data/download.hpp"
#include "data/file_probe.hpp"
#include "io/file.hpp"
#include "io/stand_in.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail::data {
namespace {

constexpr const char* kArrayFiles = "x.npy and y.npy";

std::string own_folder(const NamedSet& set) { return "./datasets/" + set.name; }

// The set in a place that belongs to it alone: its own files, or any NumPy arrays.
std::optional<Dataset> find_in_own_place(const NamedSet& set, const std::string& place,
                                         const LoadOptions& options) {
  auto dataset = set.find(place, options);
  if (!dataset) dataset = find_arrays(place, options.inputs, options.on_message);
  if (dataset) dataset->name = set.name;
  return dataset;
}

std::string remarks(const NamedSet& set, const std::vector<std::string>& places) {
  std::string text;
  for (const std::string& place : places) {
    const std::string remark = set.remark ? set.remark(place) : "";
    if (!remark.empty()) text += remark + "; ";
  }
  return text;
}

Dataset find_in_path(const NamedSet& set, const LoadOptions& options) {
  if (!file_exists(options.path)) throw DatasetError(options.path + ": no such file or folder");
  refuse_stand_in(options.path);
  if (auto dataset = find_in_own_place(set, options.path, options)) return std::move(*dataset);
  if (is_folder(options.path)) {
    throw DatasetError(fmt::format(
        "{}: holds no {} test set; {}looked for {}, {}; 'tf_injector download {} --to {}' fetches it",
        options.path, set.name, remarks(set, {options.path}), fmt::join(set.files, ", "), kArrayFiles,
        set.name, options.path));
  }
  throw DatasetError(fmt::format("{}: no {} test set; expected a folder, a .tar.gz, an .npz, or one of {}",
                                 options.path, set.name, fmt::join(set.files, ", ")));
}

// Recognises by its contents what a path without a data set's name holds.
Dataset load_unnamed(const LoadOptions& options) {
  const std::string& path = options.path;
  if (path.empty())
    throw DatasetError("no test set: give the name of a data set (`dataset`) or a path (`data`)");
  if (!file_exists(path)) throw DatasetError(path + ": no such file or folder");
  refuse_stand_in(path);
  for (const NamedSet& set : dataset_table()) {
    if (auto dataset = set.find(path, options)) return std::move(*dataset);
  }
  if (auto dataset = find_arrays(path, options.inputs, options.on_message)) return std::move(*dataset);
  std::string names;
  for (const NamedSet& set : dataset_table()) names += set.name + ", ";
  throw DatasetError(
      fmt::format("{}: holds no test set that is known; expected the files of {}an .npz with x and "
                  "y, or a folder with {}",
                  path, names, kArrayFiles));
}

[[noreturn]] void throw_missing(const NamedSet& set, const std::vector<std::string>& places) {
  throw DatasetError(
      fmt::format("{}: no test set found; looked in {} for {}, or {} in {}; {}fetch it with 'tf_injector "
                  "download {}' (a run without `no_download` and `dry_run` does it by itself), or give its "
                  "path with `data`",
                  set.name, fmt::join(places, " and "), fmt::join(set.files, ", "), kArrayFiles,
                  own_folder(set), remarks(set, places), set.name));
}

}  // namespace

Dataset load_named(const NamedSet& set, const LoadOptions& options) {
  if (!options.path.empty()) return find_in_path(set, options);
  const std::string own = own_folder(set);
  std::vector<std::string> places{own};
  if (auto dataset = find_in_own_place(set, own, options)) return std::move(*dataset);
  if (const auto home = home_folder()) {  // shared with other data sets: arrays there may belong to any
    places.push_back(in_folder(*home, ".keras/datasets"));
    if (auto dataset = set.find(places.back(), options)) return std::move(*dataset);
  }
  if (!options.allow_download) throw_missing(set, places);
  DownloadOptions download;
  download.on_message = options.on_message;
  download.on_progress = options.on_fetch;
  download_files(set.downloads, own, download);
  if (auto dataset = find_in_own_place(set, own, options)) return std::move(*dataset);
  throw DatasetError(fmt::format("{}: what was fetched to {} is no {} test set", set.name, own, set.name));
}

Dataset load_dataset(const LoadOptions& options) {
  Dataset dataset =
      options.dataset.empty() ? load_unnamed(options) : load_named(named_set(options.dataset), options);
  dataset.sha256 = dataset_sha256(dataset);
  return dataset;
}

}  // namespace tf_injector::detail::data
