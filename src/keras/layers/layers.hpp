// The import functions of the layers. Each reads the options, checks the weights and adds the nodes of one
// call.
#pragma once

#include <vector>

#include "keras/layer_table.hpp"

namespace tf_injector::detail::keras::layers {

Values activation(CallContext& call);
Values activity_regularization(CallContext& call);
Values add(CallContext& call);
Values average(CallContext& call);
Values average_pooling2d(CallContext& call);
Values batch_normalization(CallContext& call);
std::vector<Variable> batch_normalization_variables(Config& config);
Values center_crop(CallContext& call);
Values concatenate(CallContext& call);
Values conv2d(CallContext& call);
std::vector<Variable> conv2d_variables(Config& config);
Values cropping2d(CallContext& call);
Values custom_scale(CallContext& call);
Values dense(CallContext& call);
std::vector<Variable> dense_variables(Config& config);
Values depthwise_conv2d(CallContext& call);
std::vector<Variable> depthwise_conv2d_variables(Config& config);
Values dropout(CallContext& call);  // all layers that add noise only in training
Values elu(CallContext& call);
Values flatten(CallContext& call);
Values global_average_pooling2d(CallContext& call);
Values global_max_pooling2d(CallContext& call);
Values identity(CallContext& call);
Values layer_normalization(CallContext& call);
std::vector<Variable> layer_normalization_variables(Config& config);
Values layer_scale(CallContext& call);
std::vector<Variable> layer_scale_variables(Config& config);
Values leaky_relu(CallContext& call);
Values max_pooling2d(CallContext& call);
Values maximum(CallContext& call);
Values minimum(CallContext& call);
Values multiply(CallContext& call);
Values normalization(CallContext& call);
std::vector<Variable> normalization_variables(Config& config);
Values permute(CallContext& call);
Values prelu(CallContext& call);
std::vector<Variable> prelu_variables(Config& config);
Values random_augmentation(CallContext& call);  // all layers that change images only in training
Values random_crop(CallContext& call);
Values relu(CallContext& call);
Values repeat_vector(CallContext& call);
Values rescaling(CallContext& call);
Values reshape(CallContext& call);
Values resizing(CallContext& call);
Values separable_conv2d(CallContext& call);
std::vector<Variable> separable_conv2d_variables(Config& config);
Values softmax(CallContext& call);
Values subtract(CallContext& call);
Values up_sampling2d(CallContext& call);
Values zero_padding2d(CallContext& call);

}  // namespace tf_injector::detail::keras::layers
