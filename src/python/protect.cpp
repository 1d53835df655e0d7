// Studies of protections.
#include "tf_injector/protect.hpp"

#include <nanobind/nanobind.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <optional>
#include <string>
#include <vector>

#include "python/interruptible.hpp"
#include "python/objects.hpp"
#include "tf_injector/error.hpp"
#include "tf_injector/model.hpp"

namespace nb = nanobind;

namespace tf_injector::detail::python {
namespace {

// `name`: what the study calls the report, where its file is a temporary one; "": as the path says.
ProtectionStudy study_of(const std::string& path, const std::string& name, const std::optional<Model>& model,
                         const std::string& plan, const ProtectOptions& options) {
  return abandonable([=] {
    ProtectionStudy study =
        model ? protection_study(path, *model, plan, options) : protection_study(path, options);
    if (!name.empty()) study.report = name;
    return study;
  });
}

void set_metric(ProtectOptions& options, const std::string& name) {
  for (const ProtectMetric metric : {ProtectMetric::critical, ProtectMetric::sdc5}) {
    if (name != protect_metric_name(metric)) continue;
    options.metric = metric;
    return;
  }
  throw Error(ErrorKind::usage, "`metric`: expected critical or sdc5, found '" + name + "'");
}

void choose(ProtectOptions& options, const std::vector<int>& bits, const std::vector<std::string>& layers) {
  options.chosen.push_back({.bits = bits, .layers = layers});
}

std::string study_text(const ProtectionStudy& study, int columns) {
  return protection_text(study, {.columns = columns});
}

std::string study_picture(const ProtectionStudy& study) { return protection_picture(study).svg; }

std::vector<std::string> write_study(const ProtectionStudy& study, const std::string& html,
                                     const std::string& json, const std::string& csv, bool overwrite) {
  return write_protection(study, {.html = html, .json = json, .csv = csv, .overwrite = overwrite});
}

}  // namespace

void bind_protect(nb::module_& module) {
  nb::class_<ProtectOptions>(module, "ProtectOptions")
      .def(nb::init<>())
      .def(
          "set_storage",
          [](ProtectOptions& options, const std::string& name) { options.storage = storage_of(name); },
          nb::arg("name"))
      .def_rw("confidence", &ProtectOptions::confidence)
      .def_rw("protections", &ProtectOptions::protections)
      .def("set_metric", set_metric, nb::arg("name"))
      .def("choose", choose, nb::arg("bits"), nb::arg("layers"));
  nb::class_<ProtectionStudy>(module, "ProtectionStudy")
      .def("text", study_text, nb::arg("columns"))
      .def("json", protection_json)
      .def("csv", protection_csv)
      .def("html", protection_html)
      .def("picture", study_picture)
      .def("write", write_study, nb::arg("html"), nb::arg("json"), nb::arg("csv"), nb::arg("overwrite"),
           nb::call_guard<nb::gil_scoped_release>());
  module.def("protection_study", study_of, nb::arg("path"), nb::arg("name"), nb::arg("model").none(),
             nb::arg("plan"), nb::arg("options"));
}

}  // namespace tf_injector::detail::python
