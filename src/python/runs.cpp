// Campaigns and predictions.
#include <nanobind/nanobind.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "python/arrays.hpp"
#include "python/interruptible.hpp"
#include "python/listener.hpp"
#include "python/objects.hpp"
#include "python/open_session.hpp"
#include "python/row_sink.hpp"
#include "tf_injector/campaign.hpp"
#include "tf_injector/error.hpp"
#include "tf_injector/report.hpp"
#include "tf_injector/session.hpp"

namespace nb = nanobind;

namespace tf_injector::detail::python {
namespace {

// Scores of all faults one behind the other, in memory that is given.
class ScoreSink final : public ReportSink {
 public:
  explicit ScoreSink(std::span<float> to) : to_(to) {}
  void begin(const Tally&, std::span<const float>) override { at_ = 0; }
  void append(const RowBlock& block, const Spent&) override {
    for (const std::vector<float>& scores : block.scores) {
      std::copy(scores.begin(), scores.end(), to_.begin() + static_cast<int64_t>(at_));
      at_ += scores.size();
    }
  }

 private:
  std::span<float> to_;
  size_t at_ = 0;
};

// In memory. Without faults: the golden run alone.
nb::dict run_in_memory(const Model& model, const Dataset& dataset, const std::optional<FaultList>& faults,
                       const SessionOptions& options, std::optional<int> check, const std::string& scores,
                       bool details, nb::object message, nb::object warning, nb::object progress) {
  const ScoreMode mode = score_mode(scores);
  RowSink sink(mode, details);
  size_t scores_per_image = 0, classes = 0;
  run_interruptible(
      [&](const std::atomic<bool>& stop, Talk& talk) {
        Session session = open_session(model, dataset, options, talk, stop);
        scores_per_image = static_cast<size_t>(session.scores_per_image());
        classes = static_cast<size_t>(session.classes());
        const Campaign campaign(session, faults, {.check = check, .scores = mode, .details = details});
        if (faults) {
          campaign.run(sink, talk.callbacks(&stop));
        } else {
          const CampaignSummary summary = campaign.run_golden(
              talk.callbacks(&stop), [&](std::span<const float> golden) { sink.begin({}, golden); });
          sink.golden_ = summary.golden;
        }
      },
      listener_of(message, warning, progress));
  return result_dict(sink, scores_per_image, classes);
}

// Into a report with its files; returns its path.
std::string run_to_file(const Model& model, const Dataset& dataset, const FaultList& faults,
                        const SessionOptions& options, std::optional<int> check, const std::string& scores,
                        const ReportOptions& report_options, nb::object message, nb::object warning,
                        nb::object progress) {
  const ScoreMode mode = score_mode(scores);
  std::string path;
  run_interruptible(
      [&](const std::atomic<bool>& stop, Talk& talk) {
        ReportOptions stoppable = report_options;
        stoppable.stop = &stop;
        check_options(stoppable);
        Session session = open_session(model, dataset, options, talk, stop);
        const Campaign campaign(
            session, faults,
            {.check = check, .scores = mode, .details = !report_options.details_path.empty()});
        CsvReport report(campaign, stoppable, talk.message());
        path = report.path();
        campaign.run(report, talk.callbacks(&stop));
      },
      listener_of(message, warning, progress));
  return path;
}

// (images, scores) without faults, (faults, images, scores) with.
nb::object predict(const Model& model, const Dataset& dataset, const std::optional<FaultList>& faults,
                   const SessionOptions& options, std::optional<int> check, nb::object message,
                   nb::object warning) {
  std::vector<float> values;
  size_t images = 0, scores_per_image = 0;
  run_interruptible(
      [&](const std::atomic<bool>& stop, Talk& talk) {
        Session session = open_session(model, dataset, options, talk, stop);
        images = static_cast<size_t>(session.images());
        scores_per_image = static_cast<size_t>(session.scores_per_image());
        const Campaign campaign(session, faults, {.check = check, .scores = ScoreMode::all});
        CampaignCallbacks callbacks = talk.callbacks(&stop);
        if (faults) {
          values.resize(faults->size() * images * scores_per_image);
          ScoreSink sink(values);
          campaign.run(sink, callbacks);
        } else {
          campaign.run_golden(
              callbacks, [&](std::span<const float> golden) { values.assign(golden.begin(), golden.end()); });
        }
      },
      listener_of(message, warning, nb::none()));
  if (!faults) return nb::cast(array_of(std::move(values), {images, scores_per_image}));
  return nb::cast(array_of(std::move(values), {faults->size(), images, scores_per_image}));
}

nb::dict read_report_dict(const std::string& path) {
  const FinishedReport report = abandonable([path] { return read_report(path); });
  return report_dict(report.golden, report.rows);
}

nb::dict read_details_dict(const std::string& path) {
  return details_dict(abandonable([path] { return read_details(path); }));
}

std::vector<std::string> column_names() {
  std::vector<std::string> names;
  for (const TallyColumn& column : tally_columns()) names.emplace_back(column.name);
  return names;
}

}  // namespace

void bind_runs(nb::module_& module) {
  nb::class_<ReportOptions>(module, "ReportOptions")
      .def(nb::init<>())
      .def_rw("path", &ReportOptions::path)
      .def_rw("details_path", &ReportOptions::details_path)
      .def_rw("folder", &ReportOptions::folder)
      .def_rw("dataset", &ReportOptions::dataset)
      .def_rw("network", &ReportOptions::network)
      .def_rw("overwrite", &ReportOptions::overwrite)
      .def_rw("resize", &ReportOptions::resize)
      .def_rw("command_line", &ReportOptions::command_line);
  module.def("run_in_memory", run_in_memory, nb::arg("model"), nb::arg("dataset"), nb::arg("faults").none(),
             nb::arg("options"), nb::arg("check").none(), nb::arg("scores"), nb::arg("details"),
             nb::arg("message").none(), nb::arg("warning").none(), nb::arg("progress").none());
  module.def("run_to_file", run_to_file, nb::arg("model"), nb::arg("dataset"), nb::arg("faults"),
             nb::arg("options"), nb::arg("check").none(), nb::arg("scores"), nb::arg("report"),
             nb::arg("message").none(), nb::arg("warning").none(), nb::arg("progress").none());
  module.def("predict", predict, nb::arg("model"), nb::arg("dataset"), nb::arg("faults").none(),
             nb::arg("options"), nb::arg("check").none(), nb::arg("message").none(),
             nb::arg("warning").none());
  module.def("read_report", read_report_dict, nb::arg("path"));
  module.def("read_details", read_details_dict, nb::arg("path"));
  module.def("tally_columns", column_names);
}

}  // namespace tf_injector::detail::python
