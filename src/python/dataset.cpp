#include "tf_injector/dataset.hpp"

#include <nanobind/nanobind.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "python/arrays.hpp"
#include "python/interruptible.hpp"
#include "python/objects.hpp"
#include "tf_injector/datasets.hpp"
#include "tf_injector/error.hpp"

namespace nb = nanobind;

namespace tf_injector::detail::python {
namespace {

using Bytes = nb::ndarray<const uint8_t, nb::c_contig, nb::device::cpu>;
using Floats = nb::ndarray<const float, nb::c_contig, nb::device::cpu>;
using Labels = nb::ndarray<const int32_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;

template <typename Array>
std::vector<int64_t> shape_of_an_image(const Array& images) {
  std::vector<int64_t> shape;
  for (size_t axis = 1; axis < images.ndim(); ++axis)
    shape.push_back(static_cast<int64_t>(images.shape(axis)));
  return shape;
}

// `images`: (N, ...), uint8 or float32 in C order, which Python has seen to.
DatasetInput input_of(const std::string& name, nb::handle images, bool needs_preprocessing) {
  DatasetInput input;
  input.name = name;
  input.needs_preprocessing = needs_preprocessing;
  if (Bytes bytes; nb::try_cast(images, bytes, false)) {
    input.shape = shape_of_an_image(bytes);
    input.bytes = shared_values<uint8_t>(bytes);
    return input;
  }
  const auto floats = nb::cast<Floats>(images, false);
  input.is_float = true;
  input.shape = shape_of_an_image(floats);
  input.floats = shared_values<float>(floats);
  return input;
}

// `inputs`: tuples (name, images, needs_preprocessing).
Dataset dataset_of_arrays(const std::string& name, const std::string& source, const nb::list& inputs,
                          const Labels& labels) {
  Dataset dataset{.name = name, .source = source, .sha256 = "", .inputs = {}, .labels = {}};
  for (nb::handle item : inputs) {
    const auto [input_name, images, needs_preprocessing] =
        nb::cast<std::tuple<std::string, nb::object, bool>>(item);
    dataset.inputs.push_back(input_of(input_name, images, needs_preprocessing));
  }
  dataset.labels.assign(labels.data(), labels.data() + labels.size());
  return dataset;
}

Dataset read_dataset(const std::string& name, const std::string& path, bool allow_download,
                     const std::string& resize, const std::vector<std::string>& inputs,
                     std::optional<nb::callable> message) {
  const auto dataset = std::make_shared<std::optional<Dataset>>();
  Listener listener;
  if (message) listener.message = [&](const std::string& line) { (*message)(line); };
  run_abandonable(
      [=](const std::atomic<bool>& stop, Talk& talk) {
        *dataset = load_dataset({.name = name,
                                 .path = path,
                                 .allow_download = allow_download,
                                 .resize = resize == "tensorflow" ? Resize::tensorflow : Resize::pillow,
                                 .inputs = inputs,
                                 .message = talk.message(),
                                 .stop = &stop});
      },
      listener);
  return **std::move(dataset);
}

// Tuples (name, images, needs_preprocessing); the arrays refer to the data set's values.
nb::list inputs_of(const Dataset& dataset) {
  nb::list list;
  for (const DatasetInput& input : dataset.inputs) {
    std::vector<size_t> shape{dataset.size()};
    for (int64_t n : input.shape) shape.push_back(static_cast<size_t>(n));
    const nb::object images =
        input.is_float ? nb::cast(view_of(input.floats, shape)) : nb::cast(view_of(input.bytes, shape));
    list.append(nb::make_tuple(input.name, images, input.needs_preprocessing));
  }
  return list;
}

}  // namespace

void bind_dataset(nb::module_& module) {
  nb::class_<Dataset>(module, "Dataset")
      .def_static("from_arrays", dataset_of_arrays, nb::arg("name"), nb::arg("source"), nb::arg("inputs"),
                  nb::arg("labels"))
      .def_static("read", read_dataset, nb::arg("name"), nb::arg("path"), nb::arg("allow_download"),
                  nb::arg("resize"), nb::arg("inputs"), nb::arg("message").none())
      .def("__len__", &Dataset::size)
      .def_ro("name", &Dataset::name)
      .def_ro("source", &Dataset::source)
      .def("inputs", inputs_of)
      .def("labels", [](const Dataset& dataset) { return array_of(dataset.labels, {dataset.size()}); });
  module.def("dataset_names", dataset_names);
  module.def("has_certificates", has_certificates);
  module.def("use_certificates", use_certificates, nb::arg("bundle"));
}

}  // namespace tf_injector::detail::python
