#include "kernels/epilogue.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

#include "core/flush_denormals.hpp"
#include "kernels/ref/reference.hpp"

namespace tf_injector::detail {

AlignedBuffer channel_values(const KernelContext& context, WeightId id, int64_t channels, float otherwise) {
  AlignedBuffer buffer(static_cast<size_t>(channels));
  const std::span<const float> values = weight_values(context, id);
  for (size_t c = 0; c < buffer.size(); ++c) buffer[c] = values.empty() ? otherwise : values[c];
  return buffer;
}

EpilogueData::EpilogueData(const KernelContext& context, WeightId bias, int64_t channels)
    : channels_(channels),
      add_(context.epilogue.add),
      normalize_(context.epilogue.batch_normalization.has_value()),
      activation_(context.epilogue.activation) {
  auto weights = std::make_shared<Weights>();
  weights->bias_id = bias;
  if (bias != kNoWeight) bias_ = AlignedBuffer(weight_values(context, bias));
  const auto count = static_cast<size_t>(channels);
  if (normalize_) {
    const ops::BatchNormalization& bn = *context.epilogue.batch_normalization;
    const auto values = [&](WeightId id, float otherwise) {
      const std::span<const float> given = weight_values(context, id).first(id == kNoWeight ? 0 : count);
      return given.empty() ? std::vector<float>(count, otherwise)
                           : std::vector<float>(given.begin(), given.end());
    };
    weights->normalization = bn;
    weights->gamma = values(bn.gamma, 1.0f);
    weights->beta = values(bn.beta, bn.fused ? 0.0f : -0.0f);  // adding -0 changes nothing
    weights->mean = values(bn.mean, 0.0f);
    weights->variance = values(bn.variance, 1.0f);
    for (AlignedBuffer* array : {&mean_, &istd_, &gamma_, &beta_}) *array = AlignedBuffer(count);
  }
  weights_ = std::move(weights);
  if (!normalize_) return;
  const FlushDenormals flush;  // TensorFlow computes them while it runs the op
  for (size_t c = 0; c < count; ++c) put(static_cast<int64_t>(c), {}, entry(c));
}

bool EpilogueData::holds(WeightId weight) const noexcept {
  if (weight == kNoWeight || weights_ == nullptr) return false;
  if (weight == weights_->bias_id) return true;
  const ops::BatchNormalization& bn = weights_->normalization;
  return normalize_ &&
         (weight == bn.gamma || weight == bn.beta || weight == bn.mean || weight == bn.variance);
}

EpilogueData::Parameters EpilogueData::entry(size_t l) noexcept {
  const auto at = [&](AlignedBuffer& array) { return array.empty() ? nullptr : &array[l]; };
  return {at(bias_), at(mean_), at(istd_), at(gamma_), at(beta_)};
}

void EpilogueData::put(int64_t channel, std::span<const Patch> patches, const Parameters& to) const {
  const auto c = static_cast<size_t>(channel);
  const auto changed = [&](WeightId weight, float value) {
    for_each_patch(patches, weight, [&](int64_t element, float other) {
      if (weight != kNoWeight && element == channel) value = other;
    });
    return value;
  };
  if (to.bias != nullptr) *to.bias = changed(weights_->bias_id, bias_[c]);
  if (!normalize_) return;
  const ops::BatchNormalization& bn = weights_->normalization;
  *to.mean = changed(bn.mean, weights_->mean[c]);
  *to.istd = changed(bn.variance, weights_->variance[c]);
  *to.gamma = changed(bn.gamma, weights_->gamma[c]);
  *to.beta = changed(bn.beta, weights_->beta[c]);
  ref::normalization_factors(channels_, bn, channel, *to.mean, *to.istd, *to.gamma, *to.beta);
}

EpilogueData EpilogueData::patched(std::span<const Patch> patches) const {
  std::vector<int32_t> all(static_cast<size_t>(channels_));
  std::iota(all.begin(), all.end(), 0);
  EpilogueData copy = gathered(all);
  const FlushDenormals flush;
  for (const Patch& patch : patches) {
    if (!holds(patch.weight)) continue;
    put(patch.element, patches, copy.entry(static_cast<size_t>(patch.element)));
  }
  return copy;
}

void EpilogueData::patch_gathered(size_t l, int32_t channel, std::span<const Patch> patches,
                                  const EpilogueData& all) {
  const FlushDenormals flush;
  all.put(channel, patches, entry(l));
}

void EpilogueData::visit_weights(const ArrayVisitor& visit) const {
  if (weights_ == nullptr) return;
  for (const std::vector<float>* values :
       {&weights_->gamma, &weights_->beta, &weights_->mean, &weights_->variance})
    if (!values->empty()) visit_array(visit, *values);
}

std::shared_ptr<const EpilogueData> patched_epilogue(const std::shared_ptr<const EpilogueData>& epilogue,
                                                     std::span<const Patch> patches) {
  const bool changes = std::any_of(patches.begin(), patches.end(),
                                   [&](const Patch& patch) { return epilogue->holds(patch.weight); });
  return changes ? std::make_shared<const EpilogueData>(epilogue->patched(patches)) : epilogue;
}

simd::EpilogueCall EpilogueData::call(const KernelArgs& args) const noexcept {
  simd::EpilogueCall call = parameters();
  if (add_) call.add = args.inputs.back();
  return call;
}

simd::EpilogueCall EpilogueData::parameters() const noexcept {
  simd::EpilogueCall call;
  call.bias = bias();
  if (normalize_) {
    call.mean = mean_.data();
    call.istd = istd_.data();
    call.gamma = gamma_.data();
    call.beta = beta_.data();
  }
  call.relu = activation_.has_value();
  call.relu6 = activation_ == ops::ActivationKind::relu6;
  return call;
}

void EpilogueData::apply_reference(const KernelArgs& args, int64_t rows) const noexcept {
  float* out = args.output;
  if (normalize_) {
    ref::batch_normalization(channels_, out, mean_.data(), istd_.data(), gamma_.data(), beta_.data(), out,
                             rows);
  }
  if (add_) ref::add(out, args.inputs.back(), out, rows * channels_);
  if (activation_) ref::activation(*activation_, out, out, rows * channels_);
}

EpilogueData EpilogueData::gathered(std::span<const int32_t> channels) const {
  const auto pick = [&](const AlignedBuffer& from) {
    AlignedBuffer to(from.empty() ? 0 : channels.size());
    for (size_t l = 0; l < to.size(); ++l) to[l] = from[static_cast<size_t>(channels[l])];
    return to;
  };
  EpilogueData lanes;
  lanes.channels_ = static_cast<int64_t>(channels.size());
  lanes.add_ = add_;
  lanes.normalize_ = normalize_;
  lanes.activation_ = activation_;
  lanes.bias_ = pick(bias_);
  lanes.mean_ = pick(mean_);
  lanes.istd_ = pick(istd_);
  lanes.gamma_ = pick(gamma_);
  lanes.beta_ = pick(beta_);
  return lanes;
}

size_t EpilogueData::bytes() const noexcept {
  size_t values = bias_.size() + mean_.size() + istd_.size() + gamma_.size() + beta_.size();
  if (weights_ != nullptr && normalize_) values += 4 * weights_->gamma.size();
  return values * sizeof(float);
}

}  // namespace tf_injector::detail
