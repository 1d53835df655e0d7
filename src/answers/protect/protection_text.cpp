// The study for a terminal, or a file of plain text.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <string>
#include <vector>

#include "answers/answer_text.hpp"
#include "answers/number_text.hpp"
#include "answers/plain_table.hpp"
#include "answers/protect/protection_words.hpp"
#include "answers/safe_text.hpp"
#include "answers/text_writer.hpp"
#include "tf_injector/protect.hpp"

namespace tf_injector {

using namespace detail;

namespace detail {
namespace {

constexpr size_t kLabelWidth = 34;      // characters of a protection's name
constexpr size_t kLayerNameWidth = 24;  // of a layer's
constexpr const char* kFrontMark = "* ";

std::string row_label(const ProtectionRow& row) {
  return (row.on_front ? kFrontMark : "  ") + shortened(row.label, kLabelWidth);
}

std::vector<std::string> residual_cells(const ProtectionRow& row) {
  std::vector<std::string> cells = {row_label(row), bits_text(row)};
  if (!row.not_known.empty()) {
    cells.emplace_back("not known");
    cells.resize(8, "-");
    return cells;
  }
  const ShareText left = percent_text(row.residual.images), removed = percent_text(row.removed);
  cells.push_back(left.estimate);
  cells.push_back(row.is_exact ? "exact" : interval_text(left));
  cells.push_back(reduction_text(row));
  cells.push_back(reduction_interval_text(row));
  cells.push_back(removed.estimate);
  cells.push_back(interval_text(removed));
  return cells;
}

void add_residuals(TextWriter& writer, const ProtectionStudy& study) {
  writer.heading(fmt::format("What is left, in percent of the images, with intervals at {} confidence",
                             confidence_text(study.confidence)));
  writer.paragraph(fmt::format(
      "bits: memory for each weight, besides its {}; *: no protection that takes as few leaves less",
      storage_bits(study.storage)));
  std::vector<std::vector<std::string>> rows;
  for (const ProtectionRow& row : study.rows) rows.push_back(residual_cells(row));
  writer.add(plain_table({{"  protection", false, 9},
                          {"bits", true, 8},
                          {"left %", true, 9},
                          {"interval", true, 7},
                          {"times fewer", true, 6},
                          {"interval ", true, 5},
                          {"removed %", true, 3},
                          {"interval  ", true, 2}},
                         rows, writer.columns()));
}

void add_worst_left(TextWriter& writer, const ProtectionStudy& study) {
  std::vector<std::vector<std::string>> rows;
  for (const ProtectionRow& row : study.rows) {
    if (!row.worst) continue;
    const FaultPart& part = row.worst->fault.parts.front();
    rows.push_back({shortened(row.label, kLabelWidth), std::to_string(row.worst->fault.id),
                    shortened(part.layer, kLayerNameWidth), format_index(part.index),
                    std::to_string(flipped_bit(row.worst->fault)), percent_text(row.worst_share)});
  }
  if (rows.empty()) return;
  writer.heading("The worst fault of the report that is left");
  writer.add(plain_table({{"protection", false, 9},
                          {"fault", true, 8},
                          {"layer", false, 5},
                          {"index", false, 3},
                          {"bit", true, 6},
                          {"of images %", true, 7}},
                         rows, writer.columns()));
}

}  // namespace
}  // namespace detail

std::string protection_text(const ProtectionStudy& study, const StatisticsTextOptions& options) {
  TextWriter writer(options);
  const ReportStatistics subject = subject_of(study);
  writer.paragraph(fmt::format("{}: {}", subject_text(subject), unprotected_text(study)), "", true);
  for (const std::string& remark : study.remarks) writer.paragraph("! " + remark, "  ");
  writer.paragraph(design_text(subject));
  add_residuals(writer, study);
  const std::vector<std::string> layers = ranked_layers(study);
  if (!layers.empty()) {
    writer.add("\n");
    writer.paragraph(fmt::format("The most critical layers, the most first: {}.", fmt::join(layers, ", ")));
  }
  add_worst_left(writer, study);
  writer.heading("What these numbers do not say");
  for (const std::string& note : study.notes) writer.paragraph("- " + note, "  ");
  return std::move(writer).text();
}

}  // namespace tf_injector
