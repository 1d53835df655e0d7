#include "answers/page/tables.hpp"

#include <fmt/format.h>

#include <map>
#include <vector>

#include "answers/answer_text.hpp"
#include "answers/number_text.hpp"
#include "answers/page/table_parts.hpp"

namespace tf_injector::detail {
namespace {

std::string domain_name(const StatisticsDomain& domain) {
  if (!domain.layer.empty()) return domain.layer;
  const std::string field = field_text(domain);
  if (domain.bit_first != domain.bit_last || field == "sign")
    return field.empty() ? bits_text(domain) : field + " (" + bits_text(domain) + ")";
  return bits_text(domain) + ", " + field;
}

std::string domain_row(const StatisticsDomain& domain) {
  std::string html =
      fmt::format("<tr><th scope=\"row\" {}>{}</th>",
                  domain.layer.empty() ? fmt::format("data-s=\"{}\"", domain.bit_first) : "class=\"name\"",
                  html_text(domain_name(domain)));
  html += count_cell(domain.faults);
  html += domain.population ? count_cell(*domain.population) : "<td data-s=\"-1\">not known</td>";
  if (domain.faults == 0) {
    for (int i = 0; i < 6; ++i) html += "<td data-s=\"-1\">\u2013</td>";
    return html + "</tr>\n";
  }
  html += share_cells(domain[Outcome::critical].images) + share_cells(domain[Outcome::critical].faults);
  for (const Outcome outcome : {Outcome::non_critical, Outcome::masked}) {
    const Share& share = domain[outcome].images;
    html += number_cell(share.estimate, percent_text(share).estimate);
  }
  return html + "</tr>\n";
}

// What the heat map tells of a cell: estimate; interval|share of faults|faults.
std::string heat_cell(const StatisticsDomain& cell) {
  const OutcomeRate& rate = cell[Outcome::critical];
  const ShareText text = percent_text(rate.images);
  return fmt::format("<td data-v=\"{}|{}|{}\">{}</td>", interval_text(text),
                     html_text(percent_text(rate.faults.estimate)), grouped(cell.faults),
                     html_text(text.estimate));
}

}  // namespace

std::string domains_table(const std::vector<StatisticsDomain>& domains, const std::string& first,
                          const std::string& caption) {
  std::string html = table_start("sortable sized", caption,
                                 {{first, true},
                                  {"faults"},
                                  {"possible faults"},
                                  {"critical, % of images"},
                                  {"interval"},
                                  {"% of faults that hurt an image"},
                                  {"interval"},
                                  {"non-critical, % of images"},
                                  {"masked, % of images"}});
  for (const StatisticsDomain& domain : domains) html += domain_row(domain);
  return html + kTableEnd;
}

std::string cells_table(const ReportStatistics& statistics) {
  std::map<std::string, std::map<int, const StatisticsDomain*>> cells;
  for (const StatisticsDomain& cell : statistics.cells) {
    if (cell.faults > 0) cells[cell.layer][cell.bit_first] = &cell;
  }
  std::vector<HtmlColumn> columns = {{"layer", true}};
  const int last_bit = storage_bits(statistics.network.storage) - 1;
  for (int bit = last_bit; bit >= 0; --bit) columns.push_back({std::to_string(bit)});
  std::string html = table_start(
      "cells", "Images whose decision changes, in percent, by layer and bit. Empty: no fault of the report.",
      columns);
  for (const StatisticsDomain& layer : statistics.layers) {
    html += fmt::format("<tr><th scope=\"row\" class=\"name\">{}</th>", html_text(layer.layer));
    const auto& row = cells[layer.layer];
    for (int bit = last_bit; bit >= 0; --bit) {
      const auto cell = row.find(bit);
      html += cell == row.end() ? "<td></td>" : heat_cell(*cell->second);
    }
    html += "</tr>\n";
  }
  return html + kTableEnd;
}

std::string worst_table(const ReportStatistics& statistics) {
  std::string html = table_start("sortable", "The faults that change most decisions; counts of images.",
                                 {{"fault"},
                                  {"layer", true},
                                  {"index", true},
                                  {"bit"},
                                  {"critical"},
                                  {"critical, %"},
                                  {"non-critical"},
                                  {"masked"},
                                  {"top 1 correct"}});
  for (const ReportRow& row : statistics.worst) {
    html += fmt::format("<tr><th scope=\"row\" data-s=\"{}\">{}</th>", row.fault.id, row.fault.id);
    html += fmt::format("<td class=\"text name\">{}</td><td class=\"text\">{}</td>",
                        html_text(layers_text(row.fault)), html_text(indices_text(row.fault)));
    html += count_cell(flipped_bit(row.fault)) + count_cell(row.tally.critical());
    const double images = static_cast<double>(std::max<int64_t>(row.tally.images, 1));
    const double share = static_cast<double>(row.tally.critical()) / images;
    html += number_cell(share, percent_text(share));
    html += count_cell(row.tally.non_critical()) + count_cell(row.tally.masked) +
            count_cell(row.tally.top_1_correct);
    html += "</tr>\n";
  }
  return html + kTableEnd;
}

std::string classes_table(const DetailStatistics& details) {
  std::string html =
      table_start("sortable", "Faults by the class that most of their changed decisions go to.",
                  {{"class"}, {"faults"}, {"decisions of these faults that went there"}});
  for (const FlippedClass& flipped : details.classes)
    html += fmt::format("<tr><th scope=\"row\" data-s=\"{}\">{}</th>{}{}</tr>\n", flipped.class_number,
                        flipped.class_number, count_cell(flipped.faults), count_cell(flipped.images));
  return html + kTableEnd;
}

std::string confusion_table(const DetailStatistics& details) {
  const int64_t classes = details.class_count;
  std::vector<HtmlColumn> columns = {{"without \\ with", true}};
  for (int64_t faulty = 0; faulty < classes; ++faulty) columns.push_back({std::to_string(faulty)});
  std::string html = table_start("cells",
                                 "Changed decisions, pairs of fault and image: a row for each class without "
                                 "the fault, a column for each "
                                 "with it.",
                                 columns);
  for (int64_t golden = 0; golden < classes; ++golden) {
    html += fmt::format("<tr><th scope=\"row\">{}</th>", golden);
    for (int64_t faulty = 0; faulty < classes; ++faulty) {
      const int64_t count = details.confusion[static_cast<size_t>(golden * classes + faulty)];
      html += golden == faulty || count == 0 ? "<td></td>" : "<td>" + grouped(count) + "</td>";
    }
    html += "</tr>\n";
  }
  return html + kTableEnd;
}

std::string provenance_table(const ReportStatistics& statistics) {
  std::string html =
      table_start("facts", "Of the report and its metadata.", {{"what", true}, {"value", true}});
  html += fmt::format("<tr><th scope=\"row\">report</th><td>{}</td></tr>\n", html_text(statistics.report));
  for (const ProvenanceItem& item : statistics.provenance) {
    if (item.value.empty()) continue;  // old metadata do not say it
    html += fmt::format("<tr><th scope=\"row\">{}</th><td>{}</td></tr>\n", html_text(item.name),
                        html_text(item.value));
  }
  return html + kTableEnd;
}

}  // namespace tf_injector::detail
