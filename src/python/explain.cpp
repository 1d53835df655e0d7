// Explanations of single faults.
#include "tf_injector/explain.hpp"

#include <nanobind/nanobind.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/text/explain_text.hpp"
#include "python/interruptible.hpp"
#include "python/objects.hpp"
#include "tf_injector/error.hpp"

namespace nb = nanobind;

namespace tf_injector::detail::python {
namespace {

// (layer, index, bit)
nb::tuple parse_fault_text(const std::string& text) {
  const Fault fault = parse_fault(text);
  const FaultPart& part = fault.parts.front();
  nb::list index;
  for (const int64_t number : part.index) index.append(number);
  return nb::make_tuple(part.layer, nb::tuple(index), flipped_bit(fault));
}

// (JSON, text for people) of the list's only fault; without a data set what holds for all images.
nb::tuple explain_fault(const Model& model, const FaultList& faults, const std::optional<Dataset>& dataset,
                        const SessionOptions& options) {
  if (faults.size() != 1)
    throw Error(ErrorKind::usage, "`fault`: expected one fault, found " + std::to_string(faults.size()));
  std::string json, text;
  run_interruptible([&](const std::atomic<bool>& stop, Talk&) {
    const auto say = [&](const FaultExplanation& found) {
      json = found.json();
      text = cli::explanation_text(found);
    };
    if (!dataset) return say(explain(model, faults, 0, options.output));
    Session session(model, *dataset, options);
    say(explain(session, faults, 0, &stop));
  });
  return nb::make_tuple(json, text);
}

}  // namespace

void bind_explain(nb::module_& module) {
  module.def("parse_fault", parse_fault_text, nb::arg("text"));
  module.def("explain", explain_fault, nb::arg("model"), nb::arg("faults"), nb::arg("dataset").none(),
             nb::arg("options"));
}

}  // namespace tf_injector::detail::python
