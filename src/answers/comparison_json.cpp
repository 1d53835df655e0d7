// A comparison as JSON.
#include "core/json.hpp"
#include "tf_injector/compare.hpp"

namespace tf_injector {

using namespace detail;
namespace {

Json pair_json(const CountPair& pair) { return {{"a", json_or_null(pair.a)}, {"b", json_or_null(pair.b)}}; }

Json fault_json(const Fault& fault) {
  const std::optional<int> bit = single_bit(fault);
  return {{"id", fault.id},
          {"layer", layers_text(fault)},
          {"index", bit ? json_list(fault.parts.front().index) : Json(indices_text(fault))},
          {"bit", bit ? Json(*bit) : Json(bits_text(fault))}};
}

Json column_json(const ColumnComparison& column) {
  return {{"name", column.name},
          {"rows", column.rows},
          {"equal", column.equal},
          {"mean_difference", column.mean_difference},
          {"largest_difference", column.largest_difference},
          {"largest_difference_images", column.largest_images},
          {"largest_difference_fault", json_or_null(column.largest_fault)},
          {"sum", {{"a", column.sum_a}, {"b", column.sum_b}}},
          {"rate", {{"a", column.rate_a}, {"b", column.rate_b}}},
          {"differing_bits", json_list(column.bits)}};
}

Json difference_json(const RowDifference& row, const std::vector<ColumnComparison>& columns) {
  Json json = fault_json(row.fault);
  json["images"] = Json{{"a", row.images_a}, {"b", row.images_b}};
  json["largest_difference"] = row.largest_difference;
  json["largest_difference_in"] = columns[row.largest_column].name;
  for (size_t i = 0; i < columns.size(); ++i) json[columns[i].name] = pair_json(row.counts[i]);
  return json;
}

}  // namespace

std::string Comparison::json() const {
  Json column_list = Json::array(), golden_list = Json::array(), row_list = Json::array();
  for (const ColumnComparison& column : columns) column_list.push_back(column_json(column));
  for (const GoldenComparison& row : golden)
    golden_list.push_back(Json{{"name", row.name},
                               {"a", json_or_null(row.counts.a)},
                               {"b", json_or_null(row.counts.b)},
                               {"equal", row.is_equal}});
  for (const RowDifference& row : rows) row_list.push_back(difference_json(row, columns));
  Json mismatch_list = Json::array();
  for (const FaultMismatch& mismatch : mismatches)
    mismatch_list.push_back(Json{{"a", fault_json(mismatch.a)}, {"b", fault_json(mismatch.b)}});
  const Json json{{"schema", 1},
                  {"same", is_same},
                  {"verdict", verdict},
                  {"a", {{"source", a}, {"faults", faults_a}, {"images", json_or_null(images_a)}}},
                  {"b", {{"source", b}, {"faults", faults_b}, {"images", json_or_null(images_b)}}},
                  {"matched", matched},
                  {"only_a", json_list(only_a)},
                  {"only_b", json_list(only_b)},
                  {"mismatches", std::move(mismatch_list)},
                  {"columns", std::move(column_list)},
                  {"golden", std::move(golden_list)},
                  {"differing_rows", differing_rows},
                  {"rows", std::move(row_list)},
                  {"notes", json_list(notes)}};
  return json.dump(1) + "\n";
}

}  // namespace tf_injector
