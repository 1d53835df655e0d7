// Reports of shards merged.
#include "tf_injector/merge.hpp"

#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <string>
#include <vector>

#include "python/interruptible.hpp"
#include "python/listener.hpp"
#include "python/objects.hpp"

namespace nb = nanobind;

namespace tf_injector::detail::python {
namespace {

std::string merge_to_file(const std::vector<std::string>& shards, const MergeOptions& options,
                          const nb::object& message) {
  std::string path;
  run_interruptible(
      [&](const std::atomic<bool>& stop, Talk& talk) {
        MergeOptions stoppable = options;
        stoppable.stop = &stop;
        path = merge_reports(shards, stoppable, talk.message()).path;
      },
      listener_of(message, nb::none()));
  return path;
}

}  // namespace

void bind_merge(nb::module_& module) {
  nb::class_<MergeOptions>(module, "MergeOptions")
      .def(nb::init<>())
      .def_rw("path", &MergeOptions::path)
      .def_rw("details_path", &MergeOptions::details_path)
      .def_rw("overwrite", &MergeOptions::overwrite)
      .def_rw("command_line", &MergeOptions::command_line);
  module.def("merge", merge_to_file, nb::arg("shards"), nb::arg("options"), nb::arg("message").none());
}

}  // namespace tf_injector::detail::python
