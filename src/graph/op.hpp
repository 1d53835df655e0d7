// All ops as one variant: a pass or kernel table that forgets an op does not compile.
#pragma once

#include <variant>

#include "graph/ops/activation.hpp"
#include "graph/ops/add.hpp"
#include "graph/ops/average_pool2d.hpp"
#include "graph/ops/batch_normalization.hpp"
#include "graph/ops/binary.hpp"
#include "graph/ops/concat.hpp"
#include "graph/ops/conv2d.hpp"
#include "graph/ops/dense.hpp"
#include "graph/ops/depthwise_conv2d.hpp"
#include "graph/ops/function.hpp"
#include "graph/ops/global_average_pool.hpp"
#include "graph/ops/global_max_pool.hpp"
#include "graph/ops/input.hpp"
#include "graph/ops/layer_normalization.hpp"
#include "graph/ops/log_softmax.hpp"
#include "graph/ops/mask.hpp"
#include "graph/ops/max_pool2d.hpp"
#include "graph/ops/pad.hpp"
#include "graph/ops/repeat.hpp"
#include "graph/ops/reshape.hpp"
#include "graph/ops/resize.hpp"
#include "graph/ops/slice.hpp"
#include "graph/ops/softmax.hpp"
#include "graph/ops/transpose.hpp"

namespace tf_injector::detail {

using Op = std::variant<ops::Input, ops::Conv2D, ops::Dense, ops::BatchNormalization, ops::Activation,
                        ops::Add, ops::Pad, ops::Slice, ops::Transpose, ops::Reshape, ops::AveragePool2D,
                        ops::GlobalAveragePool, ops::MaxPool2D, ops::GlobalMaxPool, ops::Concat,
                        ops::DepthwiseConv2D, ops::Function, ops::Softmax, ops::Binary,
                        ops::LayerNormalization, ops::LogSoftmax, ops::Repeat, ops::Resize, ops::Mask>;

// True if `op` is one of these ops.
template <typename... Ops>
[[nodiscard]] bool is_any_of(const Op& op) noexcept {
  return (std::holds_alternative<Ops>(op) || ...);
}

// Is this weight the op's kernel, its bias or a parameter of its normalisation? A fault in it then changes
// what the op gives.
[[nodiscard]] bool holds(const Op& op, WeightId weight) noexcept;
// The kernel of the op; kNoWeight: it has none.
[[nodiscard]] WeightId kernel_of(const Op& op) noexcept;

// "Conv2D", "Dense", ...
[[nodiscard]] const char* op_name(const Op& op);

}  // namespace tf_injector::detail
