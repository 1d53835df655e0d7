#include <nanobind/nanobind.h>
#include <nanobind/stl/array.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>

#include <string>

#include "python/objects.hpp"
#include "tf_injector/error.hpp"
#include "tf_injector/session.hpp"

namespace nb = nanobind;

namespace tf_injector::detail::python {
namespace {

void set_kernels(SessionOptions& options, const std::string& name) {
  const std::optional<KernelSet> set = kernel_set_named(name);
  if (!set) {
    std::string names;
    for (KernelSet known : kKernelSets)
      names += (names.empty() ? "" : ", ") + std::string(kernel_set_name(known));
    throw Error(ErrorKind::usage, "`kernels`: expected one of " + names + ", found '" + name + "'");
  }
  options.kernels = *set;
}

}  // namespace

void bind_options(nb::module_& module) {
  using Numbers = std::optional<std::array<float, 3>>;
  nb::class_<SessionOptions>(module, "SessionOptions")
      .def(nb::init<>())
      .def_rw("output", &SessionOptions::output)
      .def_rw("batch_size", &SessionOptions::batch_size)
      .def_rw("limit", &SessionOptions::limit, nb::arg().none())
      .def_rw("threads", &SessionOptions::threads)
      .def_rw("tile", &SessionOptions::tile)
      .def_rw("memory_bytes", &SessionOptions::memory_bytes)
      .def_prop_rw(
          "kernels", [](const SessionOptions& options) { return kernel_set_name(options.kernels); },
          set_kernels)
      .def_prop_rw(
          "dataset", [](const SessionOptions& options) { return options.preprocess.dataset; },
          [](SessionOptions& options, const std::string& name) { options.preprocess.dataset = name; })
      .def_prop_rw(
          "raw",
          [](const SessionOptions& options) {
            return options.preprocess.mode == PreprocessOptions::Mode::none;
          },
          [](SessionOptions& options, bool raw) {
            options.preprocess.mode =
                raw ? PreprocessOptions::Mode::none : PreprocessOptions::Mode::automatic;
          })
      .def_prop_rw(
          "mean", [](const SessionOptions& options) { return options.preprocess.mean; },
          [](SessionOptions& options, const Numbers& mean) { options.preprocess.mean = mean; },
          nb::arg().none())
      .def_prop_rw(
          "std", [](const SessionOptions& options) { return options.preprocess.std; },
          [](SessionOptions& options, const Numbers& std) { options.preprocess.std = std; }, nb::arg().none())
      .def_prop_rw(
          "tensorflow_arithmetic",
          [](const SessionOptions& options) { return options.preprocess.tensorflow_arithmetic; },
          [](SessionOptions& options, bool value) { options.preprocess.tensorflow_arithmetic = value; });
}

}  // namespace tf_injector::detail::python
