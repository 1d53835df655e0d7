// The import functions of the layers, one file each: read the options, check the weights, add the nodes of
// one call.
#pragma once

#include <vector>

#include "keras/layer_table.hpp"

namespace tf_injector::keras::layers {

Values activation(CallContext& call);
Values activity_regularization(CallContext& call);
Values add(CallContext& call);
Values average_pooling2d(CallContext& call);
Values batch_normalization(CallContext& call);
std::vector<Variable> batch_normalization_variables(Config& config);
Values concatenate(CallContext& call);
Values conv2d(CallContext& call);
std::vector<Variable> conv2d_variables(Config& config);
Values dense(CallContext& call);
std::vector<Variable> dense_variables(Config& config);
Values depthwise_conv2d(CallContext& call);
std::vector<Variable> depthwise_conv2d_variables(Config& config);
Values dropout(CallContext& call);  // every layer that adds noise in training only
Values flatten(CallContext& call);
Values global_average_pooling2d(CallContext& call);
Values global_max_pooling2d(CallContext& call);
Values identity(CallContext& call);
Values max_pooling2d(CallContext& call);
Values relu(CallContext& call);
Values reshape(CallContext& call);
Values zero_padding2d(CallContext& call);

}  // namespace tf_injector::keras::layers
