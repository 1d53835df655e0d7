#include "data/arrays/array_files.hpp"

#include <fmt/format.h>

#include <utility>

#include "core/printable.hpp"
#include "core/shape.hpp"
#include "data/arrays/array_choice.hpp"
#include "data/arrays/array_source.hpp"
#include "data/arrays/dtype_name.hpp"
#include "data/arrays/labels.hpp"
#include "data/file_probe.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail::data {
namespace {

// Images of one input of the model.
DatasetInput make_input(const ArrayChoice::Images& images, NpyArray array, const std::string& what) {
  if (array.shape.empty()) {
    throw DatasetError(fmt::format(
        "{}: one number; expected the images one after the other, (N, height, width, channels)", what));
  }
  DatasetInput input;
  input.name = images.input;
  input.shape.assign(array.shape.begin() + 1, array.shape.end());
  input.is_float = array.dtype == "<f4";
  if (input.is_float) {
    input.floats = array.to_float32();
  } else if (array.dtype == "|u1") {
    input.bytes = std::move(array.bytes);
  } else {
    throw DatasetError(
        fmt::format("{0}: type {1}, expected uint8 (0 to 255, to be preprocessed) or float32 (fed as it "
                    "is): store it as {2}.astype(np.float32) or {2}.astype(np.uint8)",
                    what, dtype_name(array.dtype), printable(images.array)));
  }
  return input;
}

Dataset read_set(const ArraySource& source, const ArrayChoice& choice) {
  Dataset dataset;
  dataset.source = source.place();
  dataset.labels = labels_of(source.read(choice.labels), source.label(choice.labels));
  for (const ArrayChoice::Images& images : choice.images) {
    const std::string what = source.label(images.array);
    NpyArray array = source.read(images.array);
    const int64_t count = array.shape.empty() ? 0 : array.shape[0];
    dataset.inputs.push_back(make_input(images, std::move(array), what));
    if (static_cast<size_t>(count) != dataset.labels.size())
      throw DatasetError(fmt::format("{}: {} images, but {} labels", what, count, dataset.labels.size()));
  }
  if (dataset.labels.empty()) throw DatasetError(source.place() + ": holds no images");
  return dataset;
}

std::string stem(const std::string& name) {
  const size_t dot = name.rfind('.');
  return dot == std::string::npos || dot == 0 ? name : name.substr(0, dot);
}

}  // namespace

std::optional<Dataset> find_arrays(const std::string& place, std::span<const std::string> inputs,
                                   const std::function<void(const std::string&)>& on_message) {
  try {
    const std::optional<ArraySource> source = ArraySource::open(place);
    if (!source) return std::nullopt;
    const std::optional<ArrayChoice> choice = choose_arrays(*source, inputs);
    if (!choice) return std::nullopt;
    Dataset dataset = read_set(*source, *choice);
    dataset.name = source->is_archive() ? stem(base_name(place)) : base_name(place);
    if (on_message && !choice->remark.empty()) on_message(one_line(place + ": " + choice->remark));
    return dataset;
  } catch (const Error& error) {
    throw DatasetError(one_line(error.what()));
  }
}

}  // namespace tf_injector::detail::data
