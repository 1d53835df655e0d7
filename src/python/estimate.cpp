// Estimates.
#include "tf_injector/estimate.hpp"

#include <nanobind/nanobind.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include <iterator>
#include <optional>
#include <string>
#include <tuple>

#include "python/arrays.hpp"
#include "python/estimate_metric.hpp"
#include "python/interruptible.hpp"
#include "python/listener.hpp"
#include "python/objects.hpp"
#include "python/open_session.hpp"
#include "tf_injector/error.hpp"
#include "tf_injector/fault_list.hpp"

namespace nb = nanobind;

namespace tf_injector::detail::python {
namespace {

// The value of an enumeration that has this name; Python has checked that there is one.
template <typename Value, typename NameOf>
Value named(const std::string& name, std::initializer_list<Value> values, const NameOf& name_of) {
  for (const Value value : values)
    if (name_of(value) == name) return value;
  throw Error(ErrorKind::usage, "no such value: '" + name + "'");
}

}  // namespace

EstimateMetric metric_named(const std::string& name) {
  using enum EstimateMetric;
  return named(name, {critical, masked, non_critical, sdc5, due}, estimate_metric_name);
}

namespace {

void set_metric(EstimateOptions& options, const std::string& name) { options.metric = metric_named(name); }

void set_shard(EstimateOptions& options, const std::string& text) { options.shard = parse_shard(text); }

void set_by(EstimateOptions& options, const std::string& name) {
  using enum EstimateBy;
  options.by = named(name, {network, bit, layer}, estimate_by_name);
}

// JSON, and the answer in a sentence.
std::tuple<std::string, std::string> run_estimate(const Model& model, const Dataset& dataset,
                                                  const SessionOptions& session_options,
                                                  const EstimateOptions& options, const nb::object& message,
                                                  const nb::object& warning, const nb::object& progress,
                                                  const nb::object& count) {
  Listener listener = listener_of(message, warning);
  if (!progress.is_none()) {
    listener.estimate = [&progress](const EstimateProgress& p) {
      progress(p.faults, p.inferences, p.estimate, p.low, p.high, p.share, p.seconds);
    };
  }
  const bool counts_elsewhere = !count.is_none();
  if (counts_elsewhere) {
    listener.count = [&count](const EstimateDraws& draws) {
      const std::string csv = faults_to_csv(draws.faults);
      const auto each = static_cast<size_t>(draws.images_per_fault);
      return nb::cast<std::vector<int64_t>>(count(std::string(estimate_metric_name(draws.metric)),
                                                  nb::bytes(csv.data(), csv.size()),
                                                  array_of(draws.images, {draws.faults.size(), each})));
    };
  }
  std::tuple<std::string, std::string> result;
  run_interruptible(
      [&](const std::atomic<bool>& stop, Talk& talk) {
        check_options(options);
        Session session = open_session(model, dataset, session_options, talk, stop);
        const Estimate found = estimate(session, options, talk.estimate_callbacks(&stop, counts_elsewhere));
        result = {estimate_json(found), estimate_sentence(found)};
      },
      listener);
  return result;
}

}  // namespace

void bind_estimate(nb::module_& module) {
  nb::class_<EstimateOptions>(module, "EstimateOptions")
      .def(nb::init<>())
      .def("set_metric", set_metric, nb::arg("name"))
      .def("set_by", set_by, nb::arg("name"))
      .def("set_shard", set_shard, nb::arg("text"))
      .def_rw("error", &EstimateOptions::error)
      .def_rw("confidence", &EstimateOptions::confidence)
      .def_rw("seed", &EstimateOptions::seed)
      .def_rw("max_seconds", &EstimateOptions::max_seconds)
      .def_rw("split_by_sign", &EstimateOptions::split_by_sign)
      .def_rw("state_path", &EstimateOptions::state_path);
  module.def("merge_estimate_states", merge_estimate_states, nb::arg("shards"), nb::arg("path"),
             nb::arg("overwrite"));
  module.def("estimate", run_estimate, nb::arg("model"), nb::arg("dataset"), nb::arg("session"),
             nb::arg("options"), nb::arg("message").none(), nb::arg("warning").none(),
             nb::arg("progress").none(), nb::arg("count").none() = nb::none());
}

}  // namespace tf_injector::detail::python
