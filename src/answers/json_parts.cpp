#include "answers/json_parts.hpp"

namespace tf_injector::detail {

Json share_json(const Share& share) {
  return {{"estimate", share.estimate}, {"low", share.low}, {"high", share.high}};
}

Json text_or_null(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }

Json tally_json(const Tally& tally, bool is_golden) {
  Json json = Json::object();
  for (const TallyColumn& column : tally_columns()) {
    if (!is_golden || column.in_golden) json.add(std::string(column.name), column.value(tally));
  }
  return json;
}

Json row_json(const ReportRow& row) {
  const FaultPart& part = row.fault.parts.front();
  Json index = Json::array();
  for (const int64_t place : part.index) index.push_back(place);
  Json json = {
      {"injection", row.fault.id}, {"layer", part.layer}, {"index", index}, {"bit", flipped_bit(row.fault)}};
  const Json counts = tally_json(row.tally, false);
  for (const std::string& key : counts.keys()) json.add(key, counts[key]);
  return json;
}

Json design_json(const SamplingDesign& design) {
  return {{"scheme", text_or_null(design.scheme)},
          {"source", text_or_null(design.source)},
          {"error", json_or_null(design.error)},
          {"confidence", json_or_null(design.confidence)},
          {"seed", json_or_null(design.seed)}};
}

}  // namespace tf_injector::detail
