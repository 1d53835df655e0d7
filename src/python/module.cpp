// Module tf_injector._core: what the package in python/tf_injector is written on.
#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <string>
#include <vector>

#include "cli/program.hpp"
#include "python/errors.hpp"
#include "python/interruptible.hpp"
#include "python/objects.hpp"
#include "python/without_gil.hpp"
#include "tf_injector/version.hpp"

namespace nb = nanobind;

namespace tf_injector::detail::python {
namespace {

// `words`: as the system has them, which need not be UTF-8.
int run_command_line(const std::vector<nb::bytes>& words) {
  std::vector<std::string> copy;
  for (const nb::bytes& word : words) copy.emplace_back(word.c_str(), word.size());
  std::vector<char*> pointers;
  for (std::string& word : copy) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  const WithoutGil release;
  return cli::run_program(static_cast<int>(words.size()), pointers.data());
}

}  // namespace
}  // namespace tf_injector::detail::python

NB_MODULE(_core, module) {
  module.doc() = "The compiled part of tf_injector. Use the package: import tf_injector.";
  module.def("version", tf_injector::version);
  module.def("stop_work", tf_injector::detail::python::stop_work);
  module.def("run_program", tf_injector::detail::python::run_command_line, nb::arg("words"));
  tf_injector::detail::python::bind_errors(module);
  tf_injector::detail::python::bind_model(module);
  tf_injector::detail::python::bind_fault_list(module);
  tf_injector::detail::python::bind_dataset(module);
  tf_injector::detail::python::bind_options(module);
  tf_injector::detail::python::bind_runs(module);
  tf_injector::detail::python::bind_answers(module);
  tf_injector::detail::python::bind_explain(module);
  tf_injector::detail::python::bind_statistics(module);
  tf_injector::detail::python::bind_protect(module);
  tf_injector::detail::python::bind_estimate(module);
  tf_injector::detail::python::bind_slices(module);
  tf_injector::detail::python::bind_verify(module);
  tf_injector::detail::python::bind_merge(module);
}
