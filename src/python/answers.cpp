// Comparisons.
#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>

#include <cstdint>
#include <string>

#include "cli/text/compare_text.hpp"
#include "python/interruptible.hpp"
#include "python/objects.hpp"
#include "python/without_gil.hpp"
#include "tf_injector/compare.hpp"

namespace nb = nanobind;

namespace tf_injector::detail::python {
namespace {

FaultResults parse_results(const nb::bytes& text, const std::string& name) {
  return abandonable(
      [copy = std::string(text.c_str(), text.size()), name] { return FaultResults::parse(copy, name); });
}

FaultResults read_results(const std::string& path) {
  return abandonable([path] { return FaultResults::read(path); });
}

// (JSON, text for people)
nb::tuple compare_results(const FaultResults& a, const FaultResults& b, int64_t top) {
  std::string json, text;
  {
    const WithoutGil release;
    const Comparison found = compare(a, b, {static_cast<size_t>(top)});
    json = found.json();
    text = cli::comparison_text(found);
  }
  return nb::make_tuple(json, text);
}

}  // namespace

void bind_answers(nb::module_& module) {
  nb::class_<FaultResults>(module, "FaultResults")
      .def_static("read", read_results, nb::arg("path"))
      .def_static("parse", parse_results, nb::arg("text"), nb::arg("name"));
  module.def("compare", compare_results, nb::arg("a"), nb::arg("b"), nb::arg("top"));
}

}  // namespace tf_injector::detail::python
