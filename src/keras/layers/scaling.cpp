// Layers that scale and shift: Rescaling, Normalization, and two that come with keras.applications:
// LayerScale (ConvNeXt) and CustomScaleLayer (InceptionResNetV2).
#include <algorithm>
#include <cmath>

#include "keras/layers/layers.hpp"

namespace tf_injector::detail::keras::layers {
namespace {

using detail::ops::BinaryKind;

Constant option(CallContext& call, const char* key, double otherwise) {
  const Json* value = call.config.find(key);
  if (value == nullptr) return {Shape(), {static_cast<float>(otherwise)}};
  return call.constant(*value, call.shape(call.input()).rank(), key);
}

// The axis with separate statistics per index, the batch not counted; -1 if there is none.
int64_t kept_axis(CallContext& call, int64_t rank) {
  const Json* axis = call.config.find("axis");
  if (axis == nullptr || (axis->is_array() && axis->empty())) return -1;
  const Json& only = axis->is_array() && axis->size() == 1 ? (*axis)[0] : *axis;
  const int64_t found = only.is_number_integer() ? only.get<int64_t>() : 0;
  const int64_t counted = found < 0 ? found + rank + 1 : found;
  if (counted < 1 || counted > rank) call.config.fail("axis", "None or one axis that is not the batch");
  return counted - 1;
}

}  // namespace

// x * scale + offset
Values rescaling(CallContext& call) {
  const NodeId scaled = call.add_binary(BinaryKind::multiply, call.input(), option(call, "scale", 1.0));
  return {call.add_binary(BinaryKind::add, scaled, option(call, "offset", 0.0))};
}

std::vector<Variable> normalization_variables(Config& config) {
  if (config.find("mean") != nullptr) return {};
  return {{"mean", false}, {"variance", false}, {"count", false}};
}

// (x - mean) / max(sqrt(variance), 1e-7); inverted: mean + x * max(sqrt(variance), 1e-7).
Values normalization(CallContext& call) {
  const NodeId input = call.input();
  const Shape& in = call.shape(input);
  const int64_t axis = kept_axis(call, in.rank());
  std::vector<int64_t> dims(static_cast<size_t>(in.rank()), 1);
  if (axis >= 0) dims[static_cast<size_t>(axis)] = in[static_cast<int>(axis)];
  const Shape shape{dims};
  Constant mean, deviation;
  if (call.config.find("mean") != nullptr) {
    mean = option(call, "mean", 0.0);
    deviation = option(call, "variance", 1.0);
    for (Constant* given : {&mean, &deviation}) {
      if (given->values.size() == 1)
        given->values.resize(static_cast<size_t>(shape.elements()), given->values[0]);
      if (static_cast<int64_t>(given->values.size()) != shape.elements())
        call.config.fail("mean", "one number, or one for each of " + std::to_string(shape.elements()));
    }
  } else {
    const Shape own = axis >= 0 ? Shape{in[static_cast<int>(axis)]} : Shape();
    mean.values = call.values(call.weight(0, "mean", own));
    deviation.values = call.values(call.weight(1, "variance", own));
  }
  mean.shape = deviation.shape = shape;
  for (float& v : deviation.values) v = std::max(std::sqrt(v), 1e-7f);
  if (call.config.boolean("invert", false)) {
    const NodeId scaled = call.add_binary(BinaryKind::multiply, input, std::move(deviation));
    return {call.add_binary(BinaryKind::add, scaled, std::move(mean))};
  }
  const NodeId centred = call.add_binary(BinaryKind::subtract, input, std::move(mean));
  return {call.add_binary(BinaryKind::divide, centred, std::move(deviation))};
}

std::vector<Variable> layer_scale_variables(Config&) { return {{"gamma"}}; }

// x * gamma
Values layer_scale(CallContext& call) {
  call.config.ignore({"init_values"});
  const NodeId input = call.input();
  const Shape shape{call.config.integer("projection_dim")};
  return {call.add_binary(BinaryKind::multiply, input,
                          Constant{shape, call.values(call.weight(0, "gamma", shape))})};
}

// inputs[0] + inputs[1] * scale
Values custom_scale(CallContext& call) {
  const std::vector<NodeId> inputs = call.inputs();
  if (inputs.size() != 2) call.fail("expected two inputs, found " + std::to_string(inputs.size()));
  const auto scale = static_cast<float>(call.config.number("scale", 1.0));
  const NodeId scaled = call.add_binary(BinaryKind::multiply, inputs[1], Constant{Shape(), {scale}});
  return {call.add(detail::ops::Add{}, {inputs[0], scaled})};
}

}  // namespace tf_injector::detail::keras::layers
