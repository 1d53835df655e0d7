// Reports verified.
#include "tf_injector/verify.hpp"

#include <nanobind/nanobind.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>

#include <cstdint>
#include <optional>
#include <string>
#include <tuple>

#include "cli/text/verify_text.hpp"
#include "python/interruptible.hpp"
#include "python/listener.hpp"
#include "python/objects.hpp"

namespace nb = nanobind;

namespace tf_injector::detail::python {
namespace {

// (JSON, text for people)
std::tuple<std::string, std::string> verify_report(const std::string& report, const VerifyInputs& inputs,
                                                   std::optional<int64_t> sample, uint64_t seed,
                                                   const nb::object& message, const nb::object& warning,
                                                   const nb::object& progress) {
  std::tuple<std::string, std::string> result;
  run_interruptible(
      [&](const std::atomic<bool>& stop, Talk& talk) {
        const Verification found =
            verify(report, inputs, {.sample = sample, .seed = seed}, talk.callbacks(&stop));
        result = {found.json(), cli::verification_text(found)};
      },
      listener_of(message, warning, progress));
  return result;
}

}  // namespace

void bind_verify(nb::module_& module) {
  nb::class_<VerifyInputs>(module, "VerifyInputs")
      .def(nb::init<>())
      .def_rw("model", &VerifyInputs::model, nb::arg().none())
      .def_rw("faults", &VerifyInputs::faults, nb::arg().none())
      .def_rw("fault_list_path", &VerifyInputs::fault_list_path)
      .def_rw("dataset", &VerifyInputs::dataset, nb::arg().none())
      .def_rw("session", &VerifyInputs::session);
  module.def("verify", verify_report, nb::arg("report"), nb::arg("inputs"), nb::arg("sample").none(),
             nb::arg("seed"), nb::arg("message").none(), nb::arg("warning").none(),
             nb::arg("progress").none());
  module.def("has_metadata", has_metadata, nb::arg("report"));
}

}  // namespace tf_injector::detail::python
