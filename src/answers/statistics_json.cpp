// The statistics for programs: docs/interface.md ("report") says what each key means.
#include <fmt/format.h>

#include <cmath>
#include <string>
#include <vector>

#include "answers/json_parts.hpp"
#include "core/json.hpp"
#include "tf_injector/bit_groups.hpp"
#include "tf_injector/report_statistics.hpp"

namespace tf_injector {

using namespace detail;

namespace detail {
namespace {

constexpr int kStatisticsSchema = 1;
constexpr size_t kCellOutcomes = 3;  // critical, non-critical, masked: a cell has few faults

// null where `value` is 0: it is not known, or nobody asked.
Json positive_or_null(double value) { return value > 0 ? Json(value) : Json(nullptr); }
// `outcomes`: the first so many.
Json domain_json(const StatisticsDomain& domain, size_t outcomes = kOutcomes) {
  Json json = {{"layer", text_or_null(domain.layer)},
               {"bit_first", domain.bit_first},
               {"bit_last", domain.bit_last},
               {"population", json_or_null(domain.population)},
               {"faults", domain.faults}};
  for (size_t i = 0; i < outcomes; ++i) {
    const OutcomeRate& rate = domain.rates[i];
    const std::string key(outcome_name(static_cast<Outcome>(i)).key);
    json.add(key, domain.faults == 0
                      ? Json(nullptr)
                      : Json{{"images", share_json(rate.images)}, {"faults", share_json(rate.faults)}});
  }
  return json;
}

Json margin_json(const MarginStatistics& margin) {
  return {{"planned", positive_or_null(margin.planned)},
          {"achieved", margin.achieved},
          {"wanted", positive_or_null(margin.wanted)},
          {"faults_for_wanted", margin.wanted > 0 ? Json(margin.faults_for_wanted) : Json(nullptr)}};
}

Json details_json(const DetailStatistics& details) {
  Json classes = Json::array();
  for (const FlippedClass& flipped : details.classes)
    classes.push_back(
        {{"class", flipped.class_number}, {"faults", flipped.faults}, {"images", flipped.images}});
  Json confusion(nullptr);
  for (int64_t golden = 0; golden < details.class_count; ++golden) {
    Json row = Json::array();
    for (int64_t faulty = 0; faulty < details.class_count; ++faulty)
      row.push_back(details.confusion[static_cast<size_t>(golden * details.class_count + faulty)]);
    confusion.push_back(row);
  }
  return {{"path", details.path},
          {"faults", details.faults},
          {"nan_faults", details.nan_faults},
          {"inf_faults", details.inf_faults},
          {"flips", details.flips},
          {"fixed", details.fixed},
          {"broken", details.broken},
          {"sdc10pct", details.sdc10pct},
          {"sdc20pct", details.sdc20pct},
          {"classes", classes},
          {"confusion", confusion}};
}

std::vector<Json> field_items(const ReportStatistics& statistics) {
  std::vector<Json> items;
  for (const StatisticsDomain& domain : statistics.fields) {
    Json named = {{"field", bit_groups(domain.storage)[bit_group_of(domain.bit_first, domain.storage)].name}};
    const Json json = domain_json(domain);
    for (const std::string& key : json.keys()) named.add(key, json[key]);
    items.push_back(named);
  }
  return items;
}

std::vector<Json> distribution_items(const ReportStatistics& statistics) {
  std::vector<Json> items;
  for (size_t i = 0; i < statistics.distribution.size(); ++i) {
    const double up_to = static_cast<double>(i) / 20;
    items.push_back({{"above", i == 0 ? Json(nullptr) : Json(static_cast<double>(i - 1) / 20)},
                     {"up_to", up_to},
                     {"faults", statistics.distribution[i]}});
  }
  return items;
}

}  // namespace
}  // namespace detail

std::string statistics_json(const ReportStatistics& statistics) {
  const auto whole = [](const StatisticsDomain& domain) { return domain_json(domain); };
  JsonLines lines;
  lines.add("schema", kStatisticsSchema);
  lines.add("report", statistics.report);
  lines.add("model", text_or_null(statistics.model));
  lines.add("dataset", text_or_null(statistics.dataset));
  if (statistics.network.storage != StorageFormat::float32)
    lines.add("storage", storage_name(statistics.network.storage));
  lines.add("confidence", statistics.confidence);
  lines.add("images", statistics.images);
  lines.add("classes", statistics.classes > 0 ? Json(statistics.classes) : Json(nullptr));
  lines.add("golden", tally_json(statistics.golden, true));
  lines.add("design", design_json(statistics.design));
  lines.add_items("remarks",
                  items_of(statistics.remarks, [](const std::string& remark) { return Json(remark); }));
  lines.add("network", domain_json(statistics.network));
  lines.add("margin", margin_json(statistics.margin));
  lines.add("fit", statistics.fit ? share_json(*statistics.fit) : Json(nullptr));
  lines.add_items("fields", field_items(statistics));
  lines.add_items("bits", items_of(statistics.bits, whole));
  lines.add_items("layers", items_of(statistics.layers, whole));
  std::vector<Json> cells;
  for (const StatisticsDomain& cell : statistics.cells) {
    if (cell.faults > 0) cells.push_back(domain_json(cell, kCellOutcomes));
  }
  lines.add_items("cells", cells);
  lines.add_items("distribution", distribution_items(statistics));
  lines.add_items("worst", items_of(statistics.worst, row_json));
  lines.add("details", statistics.details ? details_json(*statistics.details) : Json(nullptr));
  lines.add_items("provenance", items_of(statistics.provenance, [](const ProvenanceItem& item) {
                    return Json{{"name", item.name}, {"value", item.value}};
                  }));
  return lines.text();
}

}  // namespace tf_injector
