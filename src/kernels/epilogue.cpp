#include "kernels/epilogue.hpp"

#include "kernels/ref/reference.hpp"

namespace tf_injector::detail {

AlignedBuffer channel_values(const KernelContext& context, WeightId id, int64_t channels, float otherwise) {
  AlignedBuffer buffer(static_cast<size_t>(channels));
  const std::span<const float> values = weight_values(context, id);
  for (size_t c = 0; c < buffer.size(); ++c) buffer[c] = values.empty() ? otherwise : values[c];
  return buffer;
}

EpilogueData::EpilogueData(const KernelContext& context, std::span<const float> bias, int64_t channels)
    : channels_(channels),
      add_(context.epilogue.add),
      normalize_(context.epilogue.batch_normalization.has_value()),
      activation_(context.epilogue.activation) {
  if (!bias.empty()) bias_ = AlignedBuffer(bias);
  if (!normalize_) return;
  const ops::BatchNormalization& bn = *context.epilogue.batch_normalization;
  gamma_ = channel_values(context, bn.gamma, channels, 1.0f);
  beta_ = channel_values(context, bn.beta, channels, bn.fused ? 0.0f : -0.0f);  // adding -0 changes nothing
  mean_ = channel_values(context, bn.mean, channels, 0.0f);
  istd_ = channel_values(context, bn.variance, channels, 1.0f);
  ref::normalization_factors(channels, bn, mean_.data(), istd_.data(), gamma_.data(), beta_.data());
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
  return (bias_.size() + mean_.size() + istd_.size() + gamma_.size() + beta_.size()) * sizeof(float);
}

}  // namespace tf_injector::detail
