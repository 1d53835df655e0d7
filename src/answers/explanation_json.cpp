// An explanation as JSON. Numbers that JSON does not have are texts: "inf", "-inf", "nan".
#include <fmt/format.h>

#include <cmath>

#include "core/json.hpp"
#include "tf_injector/bit_groups.hpp"
#include "tf_injector/explain.hpp"

namespace tf_injector {

using namespace detail;
namespace {

Json real_json(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  return value;
}

constexpr int kDigit = 4;  // bits

Json float_json(const FloatFields& fields, StorageFormat storage) {
  const int mantissa_bits = bit_groups(storage).back().last_bit + 1;
  return {{"bits", fmt::format("0x{:0{}x}", fields.bits, storage_bits(storage) / kDigit)},
          {"sign", fields.sign},
          {"exponent", fields.exponent},
          {"mantissa", fmt::format("0x{:0{}x}", fields.mantissa, (mantissa_bits + kDigit - 1) / kDigit)},
          {"value", real_json(static_cast<double>(fields.value))}};
}

Json reach_json(const StepReach& step) {
  return {{"layer", step.path},
          {"op", step.op},
          {"shape", json_list(step.shape)},
          {"positions", step.positions},
          {"all_positions", step.all_positions},
          {"outputs", step.outputs},
          {"all_outputs", step.all_outputs},
          {"multiply_adds", step.multiply_adds}};
}

Json step_json(const StepSpread& step) {
  return {{"layer", step.path},
          {"op", step.op},
          {"outputs", step.outputs},
          {"images", step.images},
          {"differing", step.differing},
          {"mean_differing", step.mean_differing()},
          {"largest_change", real_json(step.largest_change)},
          {"ended", step.ended},
          {"cause", step.ended > 0 ? Json(end_cause_name(step.cause)) : Json(nullptr)}};
}

Json spread_json(const FaultSpread& spread) {
  Json steps = Json::array(), changes = Json::array(), row = Json::object(), golden = Json::object();
  for (const StepSpread& step : spread.steps) steps.push_back(step_json(step));
  for (const DecisionChange& change : spread.changes)
    changes.push_back(Json{{"from", change.from}, {"to", change.to}, {"images", change.images}});
  for (const TallyColumn& column : tally_columns()) {
    row[std::string(column.name)] = column.value(spread.tally);
    if (column.in_golden) golden[std::string(column.name)] = column.value(spread.golden);
  }
  Json ended = Json::object();
  for (size_t cause = 0; cause < kEndCauses; ++cause)
    ended[end_cause_name(static_cast<EndCause>(cause))] = spread.ended(static_cast<EndCause>(cause));
  return {{"images", spread.images},
          {"images_met", spread.images_met},
          {"positions_met", spread.positions_met},
          {"steps", std::move(steps)},
          {"ended", std::move(ended)},
          {"reached", spread.reached},
          {"row", std::move(row)},
          {"golden", std::move(golden)},
          {"decision_changes", std::move(changes)}};
}

}  // namespace

std::string FaultExplanation::json() const {
  Json position_json = Json::object(), scale_list = Json::array(), reach_list = Json::array();
  for (const auto& [name, number] : position) position_json[name] = number;
  for (const ChannelScale& scale : scales)
    scale_list.push_back(Json{{"layer", scale.layer},
                              {"gamma", real_json(static_cast<double>(scale.gamma))},
                              {"scale", real_json(scale.scale)}});
  for (const StepReach& step : reach) reach_list.push_back(reach_json(step));
  Json json{{"schema", 1},
            {"fault",
             {{"id", fault.id},
              {"layer", fault.parts.front().layer},
              {"index", json_list(fault.parts.front().index)},
              {"bit", flipped_bit(fault)}}},
            {"model", model},
            {"layer", layer},
            {"class", class_name},
            {"kernel_shape", json_list(kernel_shape)},
            {"position", std::move(position_json)},
            {"before", float_json(before, storage)},
            {"after", float_json(after, storage)},
            {"change", real_json(static_cast<double>(after.value) - static_cast<double>(before.value))},
            {"change_class", bit_change_name(change)},
            {"feeds", json_list(feeds)},
            {"batch_normalization", std::move(scale_list)},
            {"reach", std::move(reach_list)},
            {"multiply_adds", multiply_adds},
            {"spread", spread ? spread_json(*spread) : Json(nullptr)}};
  if (storage != StorageFormat::float32) json["storage"] = storage_name(storage);
  return json.dump(1) + "\n";
}

}  // namespace tf_injector
