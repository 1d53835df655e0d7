// One page: the answer first, then what it rests on.
#include <fmt/format.h>

#include <string>
#include <vector>

#include "answers/answer_text.hpp"
#include "answers/number_text.hpp"
#include "answers/page/html_page.hpp"
#include "answers/page/table_parts.hpp"
#include "answers/page/tables.hpp"
#include "answers/pictures/drawing.hpp"
#include "tf_injector/report_statistics.hpp"

namespace tf_injector {

using namespace detail;

namespace detail {
namespace {

std::string outcome_number(const ReportStatistics& statistics, Outcome outcome, const std::string& name) {
  const ShareText text = percent_text(statistics.network[outcome].images);
  return key_number(name, text.estimate + " %", interval_text(text) + " of the images");
}

std::string accuracy_number(const ReportStatistics& statistics) {
  const double golden = static_cast<double>(statistics.golden.top_1_correct) /
                        static_cast<double>(std::max<int64_t>(statistics.images, 1));
  const ShareText faulty = percent_text(statistics.network[Outcome::top_1_correct].images);
  return key_number("Mean top-1 accuracy with a fault", faulty.estimate + " %",
                    fmt::format("{}; without a fault {} %", interval_text(faulty), percent_text(golden)));
}

std::string key_numbers(const ReportStatistics& statistics) {
  const StatisticsDomain& network = statistics.network;
  const OutcomeRate& critical = network[Outcome::critical];
  const ShareText images = percent_text(critical.images), faults = percent_text(critical.faults);
  std::string html = "<dl class=\"numbers\">\n";
  html += key_number("Images whose decision changes, mean over the faults", images.estimate + " %",
                     interval_text(images) + " critical rate (SDC-1)");
  const std::string one_in = one_in_text(critical.faults.estimate);
  html += key_number("Faults that change the decision on at least one image", faults.estimate + " %",
                     interval_text(faults) + (one_in.empty() ? "" : ", one fault in " + one_in));
  html += accuracy_number(statistics);
  html +=
      outcome_number(statistics, Outcome::non_critical, "Non-critical: scores change, the decision does not");
  html += outcome_number(statistics, Outcome::masked, "Masked: all scores are the same");
  html += key_number("Faults in the report", grouped(network.faults),
                     network.population ? "of " + grouped(*network.population) + " possible ones"
                                        : std::string("of a number that is not known"));
  html += key_number("Images of each fault", grouped(statistics.images),
                     fmt::format("{} right without a fault", grouped(statistics.golden.top_1_correct)));
  if (statistics.fit) {
    const ShareText fit = amount_text(*statistics.fit);
    html += key_number("Failures in time (FIT) of the network", fit.estimate,
                       interval_text(fit) + " changed decisions in 10\u2079 hours");
  }
  return html + "</dl>\n";
}

PageSection heatmap_section(const ReportStatistics& statistics) {
  std::string html =
      figure_of(heatmap_drawing(statistics), "map", "Heat map; the arrow keys move from cell to cell",
                "A cell is the mean share of images whose decision a flip of this bit in this layer "
                "changes. Cells of few faults have wide intervals: point at a cell, or reach it with "
                "the arrow keys, for its numbers.");
  html += "<details><summary>The same as a table</summary>\n" +
          scroll_box("tall", "Critical rates by layer and bit", cells_table(statistics)) + "</details>\n";
  return {"heatmap", "Critical rate by layer and bit", html};
}

PageSection rates_section(const ReportStatistics& statistics) {
  std::string html = figure_of(
      bits_drawing(statistics), "plot", "Critical rate by bit",
      fmt::format(
          "Filled: mean share of images whose decision changes. Open: share of the faults that change "
          "it on at least one image. Lines: intervals at {} confidence.",
          confidence_text(statistics.confidence)));
  html += figure_of(layers_drawing(statistics), "plot", "Critical rate by layer", "The same by layer.");
  return {"rates", "Critical rate by bit and by layer", html};
}

PageSection distribution_section(const ReportStatistics& statistics) {
  return {"distribution", "How many images a fault hurts",
          figure_of(
              distribution_drawing(statistics), "plot", "Faults by the share of images that they change",
              "Each fault of the report once. On the left those that change no decision; on the right those "
              "that change nearly all.")};
}

PageSection classes_section(const DetailStatistics& details) {
  std::string html = fmt::format(
      "<p>{} decisions changed, of pairs of a fault and an image: {} that were right became wrong, {} that "
      "were wrong "
      "became right. The confidence of the class without the fault changed by more than 10 % in {} pairs, by "
      "more than "
      "20 % in {}. {} of {} faults made a NaN among the scores of some image, {} an infinity.</p>\n",
      grouped(details.flips), grouped(details.broken), grouped(details.fixed), grouped(details.sdc10pct),
      grouped(details.sdc20pct), grouped(details.nan_faults), grouped(details.faults),
      grouped(details.inf_faults));
  if (!details.classes.empty()) {
    html += figure_of(classes_drawing(details), "plot", "Classes that changed decisions go to", "");
    html += scroll_box(table_box(details.classes.size()), "Classes that changed decisions go to",
                       classes_table(details));
  }
  if (has_confusion_drawing(details)) {
    html += figure_of(confusion_drawing(details), "plot", "Changed decisions by class", "");
    html += "<details><summary>The same as a table</summary>\n" +
            scroll_box("tall", "Changed decisions by class", confusion_table(details)) + "</details>\n";
  }
  return {"classes", "Which classes changed decisions go to", html};
}

PageSection worst_section(const ReportStatistics& statistics) {
  const std::string title =
      fmt::format("The {} worst faults", grouped(static_cast<int64_t>(statistics.worst.size())));
  return {"worst", title, scroll_box(table_box(statistics.worst.size()), title, worst_table(statistics))};
}

PageSection tables_section(const ReportStatistics& statistics) {
  const std::string at =
      " Intervals at " + confidence_text(statistics.confidence) + " confidence, each by itself.";
  std::string html;
  const auto add = [&](const std::string& title, const std::vector<StatisticsDomain>& domains,
                       const char* first) {
    html += fmt::format("<h3>{}</h3>\n", title);
    html += scroll_box(table_box(domains.size()), title, domains_table(domains, first, title + "." + at));
  };
  add(fields_title(statistics), statistics.fields, "field");
  add("By layer", statistics.layers, "layer");
  add("By bit", statistics.bits, "bit");
  return {"tables", "Tables", html};
}

PageSection provenance_section(const ReportStatistics& statistics) {
  std::string html = "<p>" + html_text(design_text(statistics)) + "</p>\n<p>" +
                     html_text(margin_text(statistics)) + "</p>\n";
  return {"provenance", "Plan and provenance", html + provenance_table(statistics)};
}

PageSection reading_section(const ReportStatistics& statistics) {
  return {"reading", "How to read the intervals",
          fmt::format(R"(<dl class="terms">
<dt>Images whose decision changes</dt>
<dd>Take a random fault and a random image of this test set: the chance that the decision is another one than
without the fault. It is the mean, over the faults, of each fault's share of images.</dd>
<dt>Faults that change the decision on at least one image</dt>
<dd>Take a random fault and run the whole test set: the chance that any decision changes. It grows with the
number of images.</dd>
<dt>Interval</dt>
<dd>Faults are a sample. Were the campaign repeated with other faults drawn in the same way, at least {} of
such intervals would hold the value of all possible faults. Each holds by itself; of many rows, a few may miss. The
images are taken as they are: no interval speaks of other images.</dd>
<dt>0 is not never</dt>
<dd>Where no fault of the report had an effect, the upper end says how often one could still have it.</dd>
<dt>Decision</dt>
<dd>The class with the largest score. Masked: all scores are the same as without the fault. Non-critical:
scores differ, the decision does not. Critical: the decision differs, whether it was right or not.</dd>
</dl>
)",
                      html_text(confidence_text(statistics.confidence)))};
}

std::vector<PageSection> sections_of(const ReportStatistics& statistics) {
  std::vector<PageSection> sections;
  if (statistics.network.faults > 0) {
    sections = {heatmap_section(statistics), rates_section(statistics), distribution_section(statistics)};
    if (statistics.details) sections.push_back(classes_section(*statistics.details));
    if (!statistics.worst.empty()) sections.push_back(worst_section(statistics));
    sections.push_back(tables_section(statistics));
  }
  sections.push_back(provenance_section(statistics));
  sections.push_back(reading_section(statistics));
  return sections;
}

}  // namespace
}  // namespace detail

std::string statistics_html(const ReportStatistics& statistics) {
  const std::string subject = "Bit flips in " + subject_text(statistics);
  const std::string answer =
      fmt::format("<p class=\"answer\"><strong>{}</strong> {}</p>\n<p class=\"muted\">{}</p>\n",
                  html_text(answer_text(statistics)), html_text(faults_answer_text(statistics)),
                  html_text(design_text(statistics)));
  return html_page(subject, answer, statistics.network.faults > 0 ? key_numbers(statistics) : "",
                   statistics.remarks, sections_of(statistics), storage_bits(statistics.network.storage) - 1);
}

}  // namespace tf_injector
