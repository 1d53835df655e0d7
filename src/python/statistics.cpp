// Statistics of reports.
#include <nanobind/nanobind.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "python/interruptible.hpp"
#include "python/objects.hpp"
#include "tf_injector/model.hpp"
#include "tf_injector/report_statistics.hpp"

namespace nb = nanobind;

namespace tf_injector::detail::python {
namespace {

// `name`: what the statistics call the report, where its file is a temporary one; "": as the path says.
ReportStatistics statistics_of(const std::string& path, const std::string& name,
                               const std::optional<Model>& model, const std::string& plan,
                               const ReportStatisticsOptions& options, const std::string& details) {
  ReportStatisticsOptions all = options;
  all.details = details;
  return abandonable([=] {
    ReportStatistics statistics =
        model ? report_statistics(path, *model, plan, all) : report_statistics(path, all);
    if (!name.empty()) statistics.report = name;
    return statistics;
  });
}

std::string text_of(const ReportStatistics& statistics, int columns) {
  return statistics_text(statistics, {.columns = columns});
}

std::vector<std::pair<std::string, std::string>> pictures_of(const ReportStatistics& statistics) {
  std::vector<std::pair<std::string, std::string>> pictures;
  for (Picture& picture : statistics_pictures(statistics))
    pictures.emplace_back(std::move(picture.name), std::move(picture.svg));
  return pictures;
}

std::vector<std::string> write_files(const ReportStatistics& statistics, const std::string& html,
                                     const std::string& json, const std::string& svg_folder, bool overwrite) {
  return write_statistics(statistics,
                          {.html = html, .json = json, .svg_folder = svg_folder, .overwrite = overwrite});
}

}  // namespace

void bind_statistics(nb::module_& module) {
  nb::class_<ReportStatisticsOptions>(module, "ReportStatisticsOptions")
      .def(nb::init<>())
      .def(
          "set_storage",
          [](ReportStatisticsOptions& options, const std::string& name) {
            options.storage = storage_of(name);
          },
          nb::arg("name"))
      .def_rw("confidence", &ReportStatisticsOptions::confidence)
      .def_rw("fit_per_mbit", &ReportStatisticsOptions::fit_per_mbit)
      .def_rw("wanted_margin", &ReportStatisticsOptions::wanted_margin)
      .def_rw("worst", &ReportStatisticsOptions::worst);
  nb::class_<ReportStatistics>(module, "ReportStatistics")
      .def("text", text_of, nb::arg("columns"))
      .def("json", statistics_json)
      .def("html", statistics_html)
      .def("pictures", pictures_of)
      .def("write", write_files, nb::arg("html"), nb::arg("json"), nb::arg("svg_folder"),
           nb::arg("overwrite"), nb::call_guard<nb::gil_scoped_release>());
  module.def("report_statistics", statistics_of, nb::arg("path"), nb::arg("name"), nb::arg("model").none(),
             nb::arg("plan"), nb::arg("options"), nb::arg("details"));
}

}  // namespace tf_injector::detail::python
