#include "core/json.hpp"
#include "tf_injector/estimate.hpp"
#include "tf_injector/version.hpp"

namespace tf_injector {

using namespace detail;

std::string estimate_json(const Estimate& estimate) {
  const EstimateOptions& options = estimate.options;
  Json strata = Json::array();
  for (const EstimateStratum& stratum : estimate.strata) {
    Json row = Json::object();
    row.add("layer", stratum.layer.empty() ? Json(nullptr) : Json(stratum.layer));
    row.add("bit_first", stratum.bit_first);
    row.add("bit_last", stratum.bit_last);
    row.add("part", stratum.part.empty() ? Json(nullptr) : Json(stratum.part));
    row.add("population", stratum.population);
    row.add("faults", stratum.faults);
    row.add("estimate", stratum.estimate);
    row.add("low", stratum.low);
    row.add("high", stratum.high);
    strata.push_back(std::move(row));
  }
  Json json = Json::object();
  json.add("schema", 1);
  json.add("metric", estimate_metric_name(options.metric));
  json.add("estimate", estimate.estimate);
  json.add("low", estimate.low);
  json.add("high", estimate.high);
  json.add("confidence", options.confidence);
  json.add("error_wanted", options.error);
  json.add("by", estimate_by_name(options.by));
  json.add("stopped", estimate_stop_name(estimate.stopped));
  json.add("faults", estimate.faults);
  json.add("images_per_fault", estimate.images_per_fault);
  json.add("inferences", estimate.inferences);
  json.add("population", estimate.population);
  json.add("images", estimate.images);
  json.add("seconds", estimate.seconds);
  json.add("seed", options.seed);
  json.add("split_by_sign", options.split_by_sign);
  json.add("strata", std::move(strata));
  if (estimate.storage != StorageFormat::float32) json.add("storage", storage_name(estimate.storage));
  json.add("model_sha256", estimate.model_sha256);
  json.add("data_sha256", estimate.data_sha256);
  json.add("version", version());
  return json.dump(2) + "\n";
}

}  // namespace tf_injector
