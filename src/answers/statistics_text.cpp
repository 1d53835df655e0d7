// The statistics for a terminal, or a file of plain text.
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "answers/answer_text.hpp"
#include "answers/number_text.hpp"
#include "answers/plain_table.hpp"
#include "answers/safe_text.hpp"
#include "answers/text_writer.hpp"
#include "tf_injector/report_statistics.hpp"

namespace tf_injector {

using namespace detail;

namespace detail {
namespace {

constexpr size_t kMostLayers = 40;   // with more, the worst of them are shown
constexpr size_t kShownLayers = 30;  // so many
constexpr size_t kShownFaults = 5;   // of the worst
constexpr size_t kTextName = 28;     // characters of a layer's name

std::vector<PlainColumn> rate_columns(const std::string& first) {
  return {{first, false, 9},        {"faults", true, 7},         {"of", true, 2},
          {"of images %", true, 9}, {"interval", true, 8},       {"of faults %", true, 6},
          {"interval ", true, 5},   {"non-critical %", true, 3}, {"masked %", true, 4}};
}

std::vector<std::string> rate_row(const std::string& name, const StatisticsDomain& domain) {
  std::vector<std::string> row = {name, grouped(domain.faults),
                                  domain.population ? grouped(*domain.population) : "?"};
  if (domain.faults == 0) {
    row.resize(9, "-");
    return row;
  }
  const ShareText images = percent_text(domain[Outcome::critical].images);
  const ShareText faults = percent_text(domain[Outcome::critical].faults);
  for (const std::string& cell :
       {images.estimate, interval_text(images), faults.estimate, interval_text(faults)})
    row.push_back(cell);
  for (const Outcome outcome : {Outcome::non_critical, Outcome::masked})
    row.push_back(percent_text(domain[outcome].images).estimate);
  return row;
}

std::string text_name(const StatisticsDomain& domain) {
  if (!domain.layer.empty()) return shortened(domain.layer, kTextName);
  const std::string field = field_text(domain);
  if (domain.bit_first != domain.bit_last) return field.empty() ? bits_text(domain) : field;
  return fmt::format("{:>2} {}", domain.bit_first, field);
}

void add_rates(TextWriter& writer, const std::string& heading, const std::string& first,
               const std::vector<StatisticsDomain>& domains) {
  if (domains.empty()) return;
  writer.heading(heading);
  std::vector<std::vector<std::string>> rows;
  for (const StatisticsDomain& domain : domains) rows.push_back(rate_row(text_name(domain), domain));
  writer.add(plain_table(rate_columns(first), rows, writer.columns()));
}

void add_layers(TextWriter& writer, const ReportStatistics& statistics) {
  std::vector<StatisticsDomain> layers = statistics.layers;
  std::string heading = "By layer, in the order of the model";
  if (layers.size() > kMostLayers) {
    std::stable_sort(layers.begin(), layers.end(), [](const StatisticsDomain& a, const StatisticsDomain& b) {
      return a[Outcome::critical].images.estimate > b[Outcome::critical].images.estimate;
    });
    heading = fmt::format("The {} worst of {} layers", kShownLayers, layers.size());
    layers.resize(kShownLayers);
  }
  add_rates(writer, heading, "layer", layers);
}

void add_worst(TextWriter& writer, const ReportStatistics& statistics) {
  if (statistics.worst.empty()) return;
  writer.heading("The worst faults");
  std::vector<std::vector<std::string>> rows;
  for (size_t i = 0; i < std::min(statistics.worst.size(), kShownFaults); ++i) {
    const ReportRow& row = statistics.worst[i];
    const FaultPart& part = row.fault.parts.front();
    const double images = static_cast<double>(std::max<int64_t>(row.tally.images, 1));
    rows.push_back({std::to_string(row.fault.id), shortened(part.layer, kTextName), format_index(part.index),
                    std::to_string(flipped_bit(row.fault)), grouped(row.tally.critical()),
                    percent_text(static_cast<double>(row.tally.critical()) / images)});
  }
  writer.add(plain_table({{"fault"},
                          {"layer", false, 9},
                          {"index", false, 5},
                          {"bit", true, 8},
                          {"images", true, 6},
                          {"of images %", true, 7}},
                         rows, writer.columns()));
}

void add_details(TextWriter& writer, const DetailStatistics& details) {
  writer.heading("Changed decisions");
  writer.paragraph(
      fmt::format("{} pairs of fault and image: {} right became wrong, {} wrong became right. NaN among "
                  "the scores: {} of {} faults; infinities: {}.",
                  grouped(details.flips), grouped(details.broken), grouped(details.fixed),
                  grouped(details.nan_faults), grouped(details.faults), grouped(details.inf_faults)));
  std::vector<std::vector<std::string>> rows;
  for (size_t i = 0; i < std::min<size_t>(details.classes.size(), 10); ++i) {
    const FlippedClass& flipped = details.classes[i];
    rows.push_back({std::to_string(flipped.class_number), grouped(flipped.faults), grouped(flipped.images)});
  }
  if (!rows.empty())
    writer.add(plain_table({{"mostly to class"}, {"faults"}, {"their decisions"}}, rows, writer.columns()));
}

void add_head(TextWriter& writer, const ReportStatistics& statistics) {
  writer.paragraph(answer_text(statistics), "", true);
  if (statistics.network.faults > 0) writer.paragraph(faults_answer_text(statistics));
  for (const std::string& remark : statistics.remarks) writer.paragraph("! " + remark, "  ");
  writer.add("\n");
  writer.paragraph(design_text(statistics));
  if (statistics.network.faults > 0) writer.paragraph(margin_text(statistics));
  if (statistics.fit) {
    const ShareText fit = amount_text(*statistics.fit);
    writer.paragraph(fmt::format("Failures in time: {} {} FIT (changed decisions in 10^9 hours).",
                                 fit.estimate, interval_text(fit)));
  }
}

}  // namespace
}  // namespace detail

std::string statistics_text(const ReportStatistics& statistics, const StatisticsTextOptions& options) {
  TextWriter writer(options);
  add_head(writer, statistics);
  if (statistics.network.faults == 0) return std::move(writer).text();
  writer.heading(
      fmt::format("In percent, with intervals at {} confidence", confidence_text(statistics.confidence)));
  writer.paragraph(
      "of images: mean share of images whose decision changes; of faults: share of the faults that change it "
      "on "
      "at least one image");
  std::vector<StatisticsDomain> fields = statistics.fields;
  fields.push_back(statistics.network);
  add_rates(writer, fields_title(statistics), "field", fields);
  add_rates(writer, "By bit", "bit", statistics.bits);
  add_layers(writer, statistics);
  if (statistics.details) add_details(writer, *statistics.details);
  add_worst(writer, statistics);
  return std::move(writer).text();
}

}  // namespace tf_injector
