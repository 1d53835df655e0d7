#include "tf_injector/model.hpp"

#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "python/interruptible.hpp"
#include "python/objects.hpp"
#include "tf_injector/bit_groups.hpp"
#include "tf_injector/error.hpp"
#include "tf_injector/kernel_set.hpp"

namespace nb = nanobind;

namespace tf_injector::detail::python {
namespace {

nb::tuple shape_tuple(const std::vector<int64_t>& shape) {
  nb::list list;
  for (int64_t n : shape) list.append(n);
  return nb::tuple(list);
}

Model model_from_bytes(const nb::bytes& file, const std::string& name) {
  const auto* begin = static_cast<const uint8_t*>(file.data());
  std::vector<uint8_t> bytes(begin, begin + file.size());
  return abandonable(
      [bytes = std::move(bytes), name]() mutable { return Model::from_bytes(std::move(bytes), name); });
}

Model load_model(const std::string& path) {
  return abandonable([path] { return Model::load(path); });
}

nb::list inputs_of(const Model& model) {
  nb::list list;
  for (const ModelInput& input : model.inputs())
    list.append(nb::make_tuple(input.name, shape_tuple(input.shape), input.type));
  return list;
}

nb::list outputs_of(const Model& model) {
  nb::list list;
  for (const ModelOutput& output : model.outputs())
    list.append(nb::make_tuple(output.name, shape_tuple(output.shape)));
  return list;
}

nb::list layers_of(const Model& model) {
  nb::list list;
  for (const ModelLayer& layer : model.layers())
    list.append(nb::make_tuple(layer.name, layer.path, layer.class_name, shape_tuple(layer.output_shape),
                               layer.parameters));
  return list;
}

nb::list faultable_of(const Model& model) {
  nb::list list;
  for (const FaultableTensor& tensor : model.faultable())
    list.append(nb::make_tuple(tensor.layer, shape_tuple(tensor.shape), tensor.elements,
                               storage_name(tensor.storage)));
  return list;
}

Model stored_model(const Model& model, const std::string& storage) {
  return abandonable([model, format = storage_of(storage)] { return model.stored(format); });
}

std::vector<std::string> storage_names() {
  std::vector<std::string> names;
  for (const StorageFormat format : kStorageFormats) names.emplace_back(storage_name(format));
  return names;
}

// (name, first bit, last bit), the highest first.
nb::list storage_fields(const std::string& storage) {
  nb::list list;
  for (const BitGroup& group : bit_groups(storage_of(storage)))
    list.append(nb::make_tuple(group.name, group.first_bit, group.last_bit));
  return list;
}

}  // namespace

StorageFormat storage_of(const std::string& name) {
  const std::optional<StorageFormat> format = storage_named(name);
  if (!format) throw Error(ErrorKind::internal, "no such storage format");
  return *format;
}

void bind_model(nb::module_& module) {
  nb::class_<Model>(module, "Model")
      .def_static("load", load_model, nb::arg("path"))
      .def_static("from_bytes", model_from_bytes, nb::arg("file"), nb::arg("name"))
      .def("stored", stored_model, nb::arg("storage"))
      .def_prop_ro("storage", [](const Model& model) { return storage_name(model.storage()); })
      .def_prop_ro("source", &Model::source)
      .def_prop_ro("name", &Model::name)
      .def_prop_ro("sha256", &Model::sha256)
      .def_prop_ro("keras_version", &Model::keras_version)
      .def_prop_ro("notes", &Model::notes)
      .def_prop_ro("memory_bytes", &Model::memory_bytes)
      .def("inputs", inputs_of)
      .def("outputs", outputs_of)
      .def("layers", layers_of)
      .def("faultable", faultable_of);
  module.def("storage_names", storage_names);
  module.def("storage_fields", storage_fields, nb::arg("storage"));
}

}  // namespace tf_injector::detail::python
