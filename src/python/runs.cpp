// Campaigns and predictions.
#include <nanobind/nanobind.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <cstring>
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
#include "tf_injector/campaign.hpp"
#include "tf_injector/error.hpp"
#include "tf_injector/report.hpp"
#include "tf_injector/session.hpp"

namespace nb = nanobind;

namespace tf_injector::detail::python {
namespace {

ScoreMode score_mode(const std::string& name) {
  if (name == "none") return ScoreMode::none;
  if (name == "changed") return ScoreMode::changed;
  if (name == "all") return ScoreMode::all;
  if (name == "one") return ScoreMode::one;
  throw Error(ErrorKind::usage, "`scores`: expected none, changed, all or one, found '" + name + "'");
}

// Rows of images whose scores differ from the golden ones in some bit.
struct ChangedRows {
  std::vector<int64_t> images;
  std::vector<float> scores;
};

// Rows and scores in memory. In mode `changed` only rows that differ from the golden ones are kept.
class RowSink final : public ReportSink {
 public:
  explicit RowSink(ScoreMode mode) : mode_(mode) {}

  void begin(const Tally& golden, std::span<const float> scores) override {
    golden_ = golden;
    golden_scores_.assign(scores.begin(), scores.end());
    rows_.clear();
    changed_.clear();
    all_.clear();
    details_.clear();
    confusion_.clear();
  }

  void append(const RowBlock& block, const Spent&) override {
    for (size_t i = 0; i < block.faults.size(); ++i) {
      rows_.push_back({block.faults[i], block.tallies[i]});
      if (block.scores.empty()) continue;
      if (mode_ == ScoreMode::changed) changed_.push_back(changed_rows(block.scores[i]));
      if (mode_ == ScoreMode::all || mode_ == ScoreMode::one) all_.push_back(block.scores[i]);
    }
    for (size_t i = 0; i < block.details.size(); ++i)
      details_.push_back({block.faults[i].id, block.details[i]});
    confusion_.resize(block.confusion.size());
    for (size_t i = 0; i < confusion_.size(); ++i) confusion_[i] += block.confusion[i];
  }

  Tally golden_;
  std::vector<ReportRow> rows_;
  std::vector<float> golden_scores_;  // (images, scores of an image)
  std::vector<ChangedRows> changed_;  // one per row
  std::vector<std::vector<float>> all_;
  std::vector<DetailsRow> details_;
  std::vector<int64_t> confusion_;  // (classes, classes), or empty

 private:
  [[nodiscard]] ChangedRows changed_rows(const std::vector<float>& scores) const {
    ChangedRows rows;
    const auto images = static_cast<size_t>(golden_.images);
    const size_t length = scores.size() / std::max<size_t>(images, 1);
    for (size_t image = 0; image < images; ++image) {
      const float* row = scores.data() + image * length;
      if (std::memcmp(row, golden_scores_.data() + image * length, length * sizeof(float)) == 0) continue;
      rows.images.push_back(static_cast<int64_t>(image));
      rows.scores.insert(rows.scores.end(), row, row + length);
    }
    return rows;
  }

  ScoreMode mode_;
};

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

nb::dict counts_of(const Tally& tally, bool is_golden) {
  nb::dict counts;
  for (const TallyColumn& column : tally_columns()) {
    if (!is_golden || column.in_golden)
      counts[nb::str(column.name.data(), column.name.size())] = column.value(tally);
  }
  return counts;
}

// {"golden": counts, "ids", "layers", "indices", "bits", "counts": (rows, columns)}
nb::dict report_dict(const Tally& golden, std::span<const ReportRow> rows) {
  const std::span<const TallyColumn> columns = tally_columns();
  std::vector<int64_t> ids, counts;
  std::vector<uint8_t> bits;
  nb::list layers, indices;
  for (const ReportRow& row : rows) {
    const FaultPart& part = row.fault.parts.front();
    ids.push_back(row.fault.id);
    layers.append(part.layer);
    indices.append(format_index(part.index));
    bits.push_back(static_cast<uint8_t>(flipped_bit(row.fault)));
    for (const TallyColumn& column : columns) counts.push_back(column.value(row.tally));
  }
  nb::dict result;
  result["golden"] = counts_of(golden, true);
  result["ids"] = array_of(std::move(ids), {rows.size()});
  result["layers"] = layers;
  result["indices"] = indices;
  result["bits"] = array_of(std::move(bits), {rows.size()});
  result["counts"] = array_of(std::move(counts), {rows.size(), columns.size()});
  return result;
}

// Moves the sink's scores into arrays.
void add_scores(nb::dict& result, RowSink& sink, size_t scores_per_image) {
  const auto images = static_cast<size_t>(sink.golden_.images);
  nb::list list;
  for (std::vector<float>& scores : sink.all_)
    list.append(array_of(std::move(scores), {images, scores_per_image}));
  for (ChangedRows& rows : sink.changed_) {
    const size_t count = rows.images.size();
    list.append(nb::make_tuple(array_of(std::move(rows.images), {count}),
                               array_of(std::move(rows.scores), {count, scores_per_image})));
  }
  result["scores"] = list;
  result["golden_scores"] = array_of(std::move(sink.golden_scores_), {images, scores_per_image});
}

// {"inj_id": (rows), ...}: an array for each column of the file. majority_class is -1 where there is none.
nb::dict details_dict(std::span<const DetailsRow> rows) {
  nb::dict result;
  std::vector<int64_t> ids;
  for (const DetailsRow& row : rows) ids.push_back(row.id);
  result["inj_id"] = array_of(std::move(ids), {rows.size()});
  for (const DetailsColumn& column : details_columns()) {
    const nb::str name(column.name.data(), column.name.size());
    if (column.count != nullptr) {
      std::vector<int64_t> values;
      for (const DetailsRow& row : rows) values.push_back(row.details.*column.count);
      result[name] = array_of(std::move(values), {rows.size()});
    } else {
      std::vector<float> values;
      for (const DetailsRow& row : rows) values.push_back(row.details.*column.real);
      result[name] = array_of(std::move(values), {rows.size()});
    }
  }
  return result;
}

// Moves the sink's details into arrays.
void add_details(nb::dict& result, RowSink& sink, size_t classes) {
  result["details"] = details_dict(sink.details_);
  if (!sink.confusion_.empty())
    result["confusion"] = array_of(std::move(sink.confusion_), {classes, classes});
}

// In memory. Without faults: the golden run alone.
nb::dict run_in_memory(const Model& model, const Dataset& dataset, const std::optional<FaultList>& faults,
                       const SessionOptions& options, std::optional<int> check, const std::string& scores,
                       bool details, nb::object message, nb::object warning, nb::object progress) {
  const ScoreMode mode = score_mode(scores);
  RowSink sink(mode);
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
  nb::dict result = report_dict(sink.golden_, sink.rows_);
  if (mode != ScoreMode::none) add_scores(result, sink, scores_per_image);
  if (details) add_details(result, sink, classes);
  return result;
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
