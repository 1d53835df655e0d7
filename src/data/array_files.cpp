#include "data/array_files.hpp"

#include <fmt/format.h>

#include <map>
#include <utility>

#include "core/shape.hpp"
#include "data/labels.hpp"
#include "data/one_line.hpp"
#include "data/place.hpp"
#include "io/npy.hpp"
#include "io/zip_archive.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::data {
namespace {

constexpr const char* kImages = "x";
constexpr const char* kLabels = "y";

using Arrays = std::map<std::string, NpyArray>;

std::string type_name(const std::string& dtype) {
  constexpr std::pair<std::string_view, std::string_view> kKinds[] = {
      {"f", "float"}, {"i", "int"}, {"u", "uint"}, {"c", "complex"}};
  for (const auto& [letter, name] : kKinds) {
    if (dtype.size() == 3 && dtype.substr(1, 1) == letter)
      return std::string(name) + std::to_string(8 * (dtype[2] - '0'));
  }
  return "'" + dtype + "'";
}

// Images of one input of the model.
DatasetInput make_input(const std::string& name, NpyArray array, const std::string& what) {
  if (array.shape.size() < 2) {
    throw DatasetError(
        fmt::format("{}: shape {}, expected the images one after the other, (N, height, width, "
                    "channels)",
                    what, Shape(array.shape).to_string()));
  }
  DatasetInput input;
  input.name = name;
  input.shape.assign(array.shape.begin() + 1, array.shape.end());
  input.is_float = array.dtype == "<f4";
  if (input.is_float) {
    input.floats = array.to_float32();
  } else if (array.dtype == "|u1") {
    input.bytes = std::move(array.bytes);
  } else {
    throw DatasetError(
        fmt::format("{}: type {}, expected uint8 (0 to 255, to be preprocessed) or float32 (fed as it "
                    "is): store it as x.astype(np.float32) or x.astype(np.uint8)",
                    what, type_name(array.dtype)));
  }
  return input;
}

std::string names_of(const Arrays& arrays) {
  std::string names;
  for (const auto& [name, array] : arrays) names += (names.empty() ? "'" : ", '") + name + "'";
  return names.empty() ? "nothing" : names;
}

Dataset from_arrays(Arrays arrays, const std::string& source) {
  const auto labels = arrays.find(kLabels);
  if (labels == arrays.end() || arrays.size() < 2) {
    throw DatasetError(
        fmt::format("{}: expected the images 'x' (or one array for each input of the model) and "
                    "the labels 'y', found: {}",
                    source, names_of(arrays)));
  }
  Dataset dataset;
  dataset.source = source;
  dataset.labels = labels_of(labels->second, source + ": 'y'");
  arrays.erase(labels);
  const bool only_x = arrays.size() == 1 && arrays.begin()->first == kImages;
  for (auto& [name, array] : arrays) {
    const std::string what = fmt::format("{}: '{}'", source, name);
    const int64_t images = array.shape.empty() ? 0 : array.shape[0];
    dataset.inputs.push_back(make_input(only_x ? "" : name, std::move(array), what));
    if (static_cast<size_t>(images) != dataset.labels.size())
      throw DatasetError(fmt::format("{}: {} images, but {} labels", what, images, dataset.labels.size()));
  }
  if (dataset.labels.empty()) throw DatasetError(source + ": holds no images");
  return dataset;
}

std::string stem(const std::string& name) {
  const size_t dot = name.rfind('.');
  return dot == std::string::npos || dot == 0 ? name : name.substr(0, dot);
}

}  // namespace

std::optional<Dataset> find_arrays(const std::string& place) {
  const std::string images = in_folder(place, "x.npy");
  const std::string labels = in_folder(place, "y.npy");
  try {
    if (is_file(place) && ZipArchive::is_zip(place)) {
      Dataset dataset = from_arrays(read_npz(place), place);
      dataset.name = stem(base_name(place));
      return dataset;
    }
    if (!is_file(images) && !is_file(labels)) return std::nullopt;
    for (const std::string& path : {images, labels}) {
      if (!is_file(path)) throw DatasetError(path + ": missing; the images are x.npy, the labels y.npy");
    }
    Dataset dataset = from_arrays({{kImages, read_npy(images)}, {kLabels, read_npy(labels)}}, place);
    dataset.name = base_name(place);
    return dataset;
  } catch (const Error& error) {
    throw DatasetError(one_line(error.what()));
  }
}

}  // namespace tf_injector::data
