// Slices of a campaign: what evaluates them, and what writes them.
#include <nanobind/nanobind.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/unique_ptr.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "python/arrays.hpp"
#include "python/estimate_metric.hpp"
#include "python/interruptible.hpp"
#include "python/listener.hpp"
#include "python/objects.hpp"
#include "python/open_session.hpp"
#include "python/row_sink.hpp"
#include "tf_injector/campaign.hpp"
#include "tf_injector/estimate.hpp"
#include "tf_injector/slice.hpp"

namespace nb = nanobind;

namespace tf_injector::detail::python {
namespace {

std::string_view bytes_view(const nb::bytes& bytes) {
  return {static_cast<const char*>(bytes.data()), bytes.size()};
}

nb::bytes to_bytes(const std::string& text) { return nb::bytes(text.data(), text.size()); }

using DrawnImages = nb::ndarray<const int64_t, nb::ndim<2>, nb::c_contig, nb::device::cpu>;

// A session that evaluates slices. One thread at a time may use it.
class Runner {
 public:
  Runner(const Model& model, const Dataset& dataset, const SessionOptions& options, std::optional<int> check,
         const std::string& scores, bool details, const nb::object& look)
      : options_{.check = check, .scores = score_mode(scores), .details = details} {
    run_interruptible(
        [&](const std::atomic<bool>& stop, Talk& talk) {
          session_ = std::make_unique<Session>(open_session(model, dataset, options, talk, stop));
          runner_ = std::make_unique<SliceRunner>(*session_, options_);
        },
        looking_listener_of(look, nb::none()));
  }

  nb::bytes golden(const nb::object& look) {
    std::string bytes;
    run_interruptible(
        [&](const std::atomic<bool>& stop, Talk& talk) { bytes = runner_->golden(talk.callbacks(&stop)); },
        looking_listener_of(look, nb::none()));
    return to_bytes(bytes);
  }

  nb::bytes run(const nb::bytes& list, int64_t row, double seconds, const nb::object& look,
                const nb::object& progress) {
    const std::string csv(bytes_view(list));
    std::string bytes;
    run_interruptible(
        [&](const std::atomic<bool>& stop, Talk& talk) {
          const FaultList faults = FaultList::parse(csv, "slice", session_->model());
          bytes = runner_->run(faults, row, seconds, talk.callbacks(&stop));
        },
        looking_listener_of(look, progress));
    return to_bytes(bytes);
  }

  // Of an estimate: on how many of its images each fault has what is estimated.
  nb::object count(const std::string& metric, const nb::bytes& list, const DrawnImages& images,
                   const nb::object& look) {
    EstimateDraws draws{.metric = metric_named(metric),
                        .images_per_fault = static_cast<int64_t>(images.shape(1)),
                        .images = {images.data(), images.data() + images.size()}};
    const std::string csv(bytes_view(list));
    std::vector<int64_t> counts;
    run_interruptible(
        [&](const std::atomic<bool>& stop, Talk&) {
          draws.faults = parse_faults(csv, "draws");
          counts = count_draws(*session_, draws, &stop);
        },
        looking_listener_of(look, nb::none()));
    const size_t rows = counts.size();
    return nb::cast(array_of(std::move(counts), {rows}));
  }

 private:
  CampaignOptions options_;
  std::unique_ptr<Session> session_;
  std::unique_ptr<SliceRunner> runner_;
};

// A campaign whose slices come from elsewhere, into a report or into memory.
class Writer {
 public:
  Writer(const Model& model, const Dataset& dataset, const FaultList& faults, const SessionOptions& options,
         std::optional<int> check, const std::string& scores, bool details,
         const std::optional<ReportOptions>& report_options, const nb::object& message,
         const nb::object& warning) {
    const ScoreMode mode = score_mode(scores);
    run_interruptible(
        [&](const std::atomic<bool>& stop, Talk& talk) {
          if (report_options) check_options(*report_options);
          session_ = std::make_unique<Session>(open_session(model, dataset, options, talk, stop));
          campaign_ = std::make_unique<Campaign>(
              *session_, faults, CampaignOptions{.check = check, .scores = mode, .details = details});
          if (report_options) {
            ReportOptions stoppable = *report_options;
            stoppable.stop = &stop;
            report_ = std::make_unique<CsvReport>(*campaign_, stoppable, talk.message());
            writer_ = std::make_unique<SliceWriter>(*campaign_, *report_);
          } else {
            rows_ = std::make_unique<RowSink>(mode, details);
            writer_ = std::make_unique<SliceWriter>(*campaign_, *rows_);
          }
        },
        listener_of(message, warning));
  }

  void begin(const nb::bytes& slice) {
    run_interruptible([&](const std::atomic<bool>&, Talk&) { writer_->begin(bytes_view(slice)); });
  }
  void append(const nb::bytes& slice) {
    run_interruptible(
        [&](const std::atomic<bool>& stop, Talk&) { writer_->append(bytes_view(slice), &stop); });
  }
  void finish() {
    run_interruptible([&](const std::atomic<bool>&, Talk&) { writer_->finish(); });
  }

  [[nodiscard]] const SliceWriter& writer() const { return *writer_; }
  [[nodiscard]] int64_t images() const { return session_->images(); }
  [[nodiscard]] std::string path() const { return report_ ? report_->path() : ""; }
  // Of slices in memory; once.
  nb::dict result() {
    return result_dict(*rows_, static_cast<size_t>(session_->scores_per_image()),
                       static_cast<size_t>(session_->classes()));
  }

 private:
  std::unique_ptr<Session> session_;
  std::unique_ptr<Campaign> campaign_;
  std::unique_ptr<CsvReport> report_;  // or
  std::unique_ptr<RowSink> rows_;
  std::unique_ptr<SliceWriter> writer_;
};

// (row, faults, seconds)
nb::tuple head_of(const nb::bytes& slice) {
  const SliceHead head = slice_head(bytes_view(slice));
  return nb::make_tuple(head.row, head.faults, head.seconds);
}

}  // namespace

void bind_slices(nb::module_& module) {
  nb::class_<Runner>(module, "SliceRunner")
      .def(nb::init<const Model&, const Dataset&, const SessionOptions&, std::optional<int>,
                    const std::string&, bool, const nb::object&>(),
           nb::arg("model"), nb::arg("dataset"), nb::arg("options"), nb::arg("check").none(),
           nb::arg("scores"), nb::arg("details"), nb::arg("look").none())
      .def("golden", &Runner::golden, nb::arg("look").none())
      .def("run", &Runner::run, nb::arg("faults"), nb::arg("row"), nb::arg("seconds"), nb::arg("look").none(),
           nb::arg("progress").none())
      .def("count", &Runner::count, nb::arg("metric"), nb::arg("faults"), nb::arg("images"),
           nb::arg("look").none());
  nb::class_<Writer>(module, "SliceWriter")
      .def(nb::init<const Model&, const Dataset&, const FaultList&, const SessionOptions&, std::optional<int>,
                    const std::string&, bool, const std::optional<ReportOptions>&, const nb::object&,
                    const nb::object&>(),
           nb::arg("model"), nb::arg("dataset"), nb::arg("faults"), nb::arg("options"),
           nb::arg("check").none(), nb::arg("scores"), nb::arg("details"), nb::arg("report").none(),
           nb::arg("message").none(), nb::arg("warning").none())
      .def_prop_ro("is_finished", [](const Writer& writer) { return writer.writer().is_finished(); })
      .def_prop_ro("has_begun", [](const Writer& writer) { return writer.writer().has_begun(); })
      .def_prop_ro("needs_scores", [](const Writer& writer) { return writer.writer().needs_scores(); })
      .def_prop_ro("rows", [](const Writer& writer) { return writer.writer().rows(); })
      .def_prop_ro("critical", [](const Writer& writer) { return writer.writer().critical(); })
      .def_prop_ro("images", &Writer::images)
      .def_prop_ro("path", &Writer::path)
      .def("begin", &Writer::begin, nb::arg("slice"))
      .def("append", &Writer::append, nb::arg("slice"))
      .def("finish", &Writer::finish)
      .def("result", &Writer::result);
  module.def("slice_head", head_of, nb::arg("slice"));
}

}  // namespace tf_injector::detail::python
