// The study as one page.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <string>
#include <vector>

#include "answers/answer_text.hpp"
#include "answers/number_text.hpp"
#include "answers/page/html_page.hpp"
#include "answers/page/table_parts.hpp"
#include "answers/pictures/front_drawing.hpp"
#include "answers/protect/protection_words.hpp"
#include "tf_injector/protect.hpp"

namespace tf_injector {

using namespace detail;

namespace detail {
namespace {

constexpr double kSortedLast = 1e300;  // of a column of factors
constexpr const char* kNoCell = "<td data-s=\"-1\">\u2013</td>";

std::string label_cells(const ProtectionRow& row, size_t number) {
  return fmt::format("<tr><td data-s=\"{}\">{}</td><th scope=\"row\" class=\"name\">{}</th>", number, number,
                     html_text(row.label + (row.needs.empty() ? "" : "; needs " + row.needs)));
}

std::string residual_row(const ProtectionRow& row, size_t number) {
  std::string html = label_cells(row, number);
  html += number_cell(row.bits_per_weight.value_or(-1), bits_text(row));
  if (!row.not_known.empty()) {
    html += "<td class=\"text\" data-s=\"-1\">not known</td>";
    for (int i = 0; i < 9; ++i) html += kNoCell;
    return html + "</tr>\n";
  }
  html += share_cells(row.residual.images);
  html += number_cell(std::min(row.reduction.estimate, kSortedLast), reduction_text(row));
  html += number_cell(std::min(row.reduction.low, kSortedLast), reduction_interval_text(row));
  html += share_cells(row.removed) + share_cells(row.residual.faults);
  html += fmt::format("<td data-s=\"{}\">{}</td>", row.on_front ? 1 : 0, row.on_front ? "yes" : "");
  return html + "</tr>\n";
}

std::string residual_table(const ProtectionStudy& study) {
  std::string html = table_start(
      "sortable sized",
      fmt::format(
          "Intervals at {} confidence, each by itself. Times fewer and removed are paired: both rates "
          "are of the same faults.",
          confidence_text(study.confidence)),
      {{"no."},
       {"protection", true},
       {"bits for each weight"},
       {"left, % of images"},
       {"interval"},
       {"times fewer"},
       {"interval"},
       {"removed, % of images"},
       {"interval"},
       {"% of faults that still hurt an image"},
       {"interval"},
       {"on the front"}});
  for (size_t i = 0; i < study.rows.size(); ++i) html += residual_row(study.rows[i], i + 1);
  return html + kTableEnd;
}

std::string worst_left_table(const ProtectionStudy& study) {
  std::string html = table_start(
      "sortable", "The worst fault of the report that each protection leaves.",
      {{"no."}, {"protection", true}, {"fault"}, {"layer", true}, {"index", true}, {"bit"}, {"% of images"}});
  for (size_t i = 0; i < study.rows.size(); ++i) {
    const ProtectionRow& row = study.rows[i];
    if (!row.worst) continue;
    const FaultPart& part = row.worst->fault.parts.front();
    html += label_cells(row, i + 1) +
            number_cell(static_cast<double>(row.worst->fault.id), std::to_string(row.worst->fault.id));
    html += fmt::format("<td class=\"text name\">{}</td><td class=\"text\">{}</td>", html_text(part.layer),
                        html_text(format_index(part.index)));
    html += count_cell(flipped_bit(row.worst->fault)) +
            number_cell(row.worst_share, percent_text(row.worst_share));
    html += "</tr>\n";
  }
  return html + kTableEnd;
}

PageSection front_section(const ProtectionStudy& study) {
  std::string html =
      figure_of(front_drawing(study), "plot", "Images that are still harmed, by memory for each weight",
                fmt::format("Lines: intervals at {} confidence. A protection is on the front where none that "
                            "takes as few bits leaves less, by the estimates.",
                            confidence_text(study.confidence)));
  html += scroll_box(table_box(study.rows.size()), "What protections leave", residual_table(study));
  const std::vector<std::string> layers = ranked_layers(study);
  if (!layers.empty()) {
    html += fmt::format("<p>The most critical layers, the most first: {}.</p>\n",
                        html_text(fmt::format("{}", fmt::join(layers, ", "))));
  }
  return {"front", "What protections leave, and what they take", html};
}

PageSection worst_left_section(const ProtectionStudy& study) {
  const std::string title = "The worst fault that is left";
  return {"worst", title, scroll_box(table_box(study.rows.size()), title, worst_left_table(study))};
}

PageSection notes_section(const ProtectionStudy& study) {
  std::string html = "<ul>\n";
  for (const std::string& note : study.notes) html += "<li>" + html_text(note) + "</li>\n";
  return {"notes", "What these numbers do not say", html + "</ul>\n"};
}

}  // namespace
}  // namespace detail

std::string protection_html(const ProtectionStudy& study) {
  const ReportStatistics subject = subject_of(study);
  std::vector<PageSection> sections = {front_section(study)};
  if (has_harm(study)) sections.push_back(worst_left_section(study));
  sections.push_back(notes_section(study));
  const std::string answer = fmt::format(
      "<p class=\"answer\"><strong>{}</strong></p>\n<p class=\"muted\">{} Report: {}</p>\n",
      html_text(unprotected_text(study)), html_text(design_text(subject)), html_text(study.report));
  return html_page("Protecting " + subject_text(subject), answer, "", study.remarks, sections);
}

Picture protection_picture(const ProtectionStudy& study) {
  const Drawing drawing = front_drawing(study);
  return {drawing.name, standalone_svg(drawing)};
}

}  // namespace tf_injector
