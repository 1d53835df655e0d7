// The study for programs: CSV and JSON (docs/interface.md, "protect"), and into files.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <string>
#include <vector>

#include "answers/json_parts.hpp"
#include "answers/output_files.hpp"
#include "io/csv.hpp"
#include "tf_injector/protect.hpp"

namespace tf_injector {

using namespace detail;

namespace detail {
namespace {

constexpr int kProtectionSchema = 1;

Json reduction_json(const Reduction& reduction) {
  const auto factor = [](double value) { return std::isinf(value) ? Json(nullptr) : Json(value); };
  return {{"estimate", factor(reduction.estimate)},
          {"low", factor(reduction.low)},
          {"high", factor(reduction.high)}};
}

Json worst_json(const ProtectionRow& row) {
  if (!row.worst) return nullptr;
  Json json = row_json(*row.worst);
  json.add("share", row.worst_share);
  return json;
}

Json protection_row_json(const ProtectionRow& row) {
  const bool is_known = row.not_known.empty();
  const auto known = [&](const Json& value) { return is_known ? value : Json(nullptr); };
  return {{"name", row.name},
          {"label", row.label},
          {"bits_per_weight", json_or_null(row.bits_per_weight)},
          {"needs", text_or_null(row.needs)},
          {"best_layers", row.best_layers > 0 ? Json(row.best_layers) : Json(nullptr)},
          {"layers", json_list(row.layers)},
          {"not_known", text_or_null(row.not_known)},
          {"exact", row.is_exact},
          {"front", row.on_front},
          {"residual",
           known({{"images", share_json(row.residual.images)}, {"faults", share_json(row.residual.faults)}})},
          {"removed", known(share_json(row.removed))},
          {"remaining", known(share_json(row.remaining))},
          {"reduction", known(reduction_json(row.reduction))},
          {"of_choosing_faults", json_or_null(row.of_choosing_faults)},
          {"worst", worst_json(row)}};
}

// Cells of a line: numbers with all their digits, nothing where it is not known.
class CsvLine {
 public:
  void add(std::string_view text) { cells_.push_back(csv_field(text)); }
  void add(double number) { cells_.push_back(std::isinf(number) ? "inf" : fmt::format("{}", number)); }
  void add(const Share& share) {
    for (const double number : {share.estimate, share.low, share.high}) add(number);
  }
  void skip(size_t cells) { cells_.resize(cells_.size() + cells); }
  [[nodiscard]] std::string text() const { return fmt::format("{}\r\n", fmt::join(cells_, ",")); }

 private:
  std::vector<std::string> cells_;
};

std::string csv_header() {
  std::string text = "protection,label,bits_per_weight,needs,front,exact,not_known";
  for (const char* name : {"residual", "residual_faults", "removed", "remaining", "reduction"})
    text += fmt::format(",{},{}_low,{}_high", name, name, name);
  return text +
         ",of_choosing_faults,layers,worst_injection,worst_layer,worst_index,worst_bit,worst_share\r\n";
}

std::string csv_row(const ProtectionRow& row) {
  CsvLine line;
  line.add(row.name);
  line.add(row.label);
  row.bits_per_weight ? line.add(*row.bits_per_weight) : line.skip(1);
  line.add(row.needs);
  line.add(row.on_front ? "1" : "0");
  line.add(row.is_exact ? "1" : "0");
  line.add(row.not_known);
  if (row.not_known.empty()) {
    for (const Share& share : {row.residual.images, row.residual.faults, row.removed, row.remaining})
      line.add(share);
    for (const double factor : {row.reduction.estimate, row.reduction.low, row.reduction.high})
      line.add(factor);
  } else {
    line.skip(15);
  }
  row.of_choosing_faults ? line.add(*row.of_choosing_faults) : line.skip(1);
  line.add(fmt::format("{}", fmt::join(row.layers, ",")));
  if (row.worst) {
    const Fault& fault = row.worst->fault;
    line.add(std::to_string(fault.id));
    line.add(fault.parts.front().layer);
    line.add(format_index(fault.parts.front().index));
    line.add(std::to_string(flipped_bit(fault)));
    line.add(row.worst_share);
  } else {
    line.skip(5);
  }
  return line.text();
}

std::vector<std::string> targets_of(const ProtectionFiles& files) {
  std::vector<std::string> targets;
  for (const std::string& path : {files.html, files.json, files.csv, files.svg})
    if (!path.empty()) targets.push_back(path);
  return targets;
}

}  // namespace
}  // namespace detail

std::string protection_csv(const ProtectionStudy& study) {
  std::string text = csv_header();
  for (const ProtectionRow& row : study.rows) text += csv_row(row);
  return text;
}

std::string protection_json(const ProtectionStudy& study) {
  const auto sentence = [](const std::string& text) { return Json(text); };
  JsonLines lines;
  lines.add("schema", kProtectionSchema);
  lines.add("report", study.report);
  lines.add("model", text_or_null(study.model));
  lines.add("dataset", text_or_null(study.dataset));
  lines.add("metric", std::string(protect_metric_name(study.metric)));
  lines.add("confidence", study.confidence);
  lines.add("images", study.images);
  lines.add("faults", study.faults);
  lines.add("population", json_or_null(study.population));
  lines.add("weights", json_or_null(study.weights));
  if (study.storage != StorageFormat::float32) lines.add("storage", storage_name(study.storage));
  lines.add("design", design_json(study.design));
  lines.add_items("remarks", items_of(study.remarks, sentence));
  lines.add_items("rows", items_of(study.rows, protection_row_json));
  lines.add_items("notes", items_of(study.notes, sentence));
  return lines.text();
}

void check_protection_files(const ProtectionFiles& files, const std::vector<std::string>& inputs) {
  check_output_files(targets_of(files), inputs, files.overwrite);
}

std::vector<std::string> write_protection(const ProtectionStudy& study, const ProtectionFiles& files) {
  check_protection_files(files, {study.report});
  std::vector<OutputFile> outputs;
  if (!files.html.empty()) outputs.push_back({files.html, protection_html(study)});
  if (!files.json.empty()) outputs.push_back({files.json, protection_json(study)});
  if (!files.csv.empty()) outputs.push_back({files.csv, protection_csv(study)});
  if (!files.svg.empty()) outputs.push_back({files.svg, protection_picture(study).svg});
  return write_output_files(outputs);
}

}  // namespace tf_injector
