#include "graph/image_layout.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <optional>

namespace tf_injector::detail {
namespace {

constexpr size_t kRank = 3;

// Axis i of a tensor is axis axes[i] of the input.
using Axes = std::array<int, kRank>;

bool takes_channels_last(const Op& op) {
  return is_any_of<ops::Conv2D, ops::DepthwiseConv2D, ops::AveragePool2D, ops::MaxPool2D,
                   ops::GlobalAveragePool, ops::GlobalMaxPool, ops::Resize>(op);
}

// The axis of the channels according to an op with one value per channel.
std::optional<size_t> channel_axis(const Op& op) {
  if (std::holds_alternative<ops::BatchNormalization>(op)) return kRank - 1;
  const auto* binary = std::get_if<ops::Binary>(&op);
  if (binary == nullptr || binary->constant == kNoWeight) return std::nullopt;
  const std::vector<int64_t>& dims = binary->constant_shape.dims();
  const auto is_long = [](int64_t n) { return n > 1; };
  if (dims.size() > kRank || std::count_if(dims.begin(), dims.end(), is_long) != 1) return std::nullopt;
  const auto at = std::find_if(dims.begin(), dims.end(), is_long) - dims.begin();
  return kRank - dims.size() + static_cast<size_t>(at);
}

// Ops that keep the meaning of every axis.
bool keeps_axes(const Op& op) {
  if (const auto* slice = std::get_if<ops::Slice>(&op)) {
    return std::none_of(slice->axes.begin(), slice->axes.end(),
                        [](const auto& axis) { return axis.dropped; });
  }
  return is_any_of<ops::Activation, ops::Function, ops::Binary, ops::Add, ops::Pad, ops::Repeat, ops::Concat,
                   ops::BatchNormalization, ops::LayerNormalization>(op);
}

ImageLayout layout_of(const Axes& height_width_channels) {
  if (height_width_channels == Axes{0, 1, 2}) return ImageLayout::channels_last;
  if (height_width_channels == Axes{1, 2, 0}) return ImageLayout::channels_first;
  return ImageLayout::other;
}

ImageLayout layout_of_channels(int axis) {
  if (axis == 2) return ImageLayout::channels_last;
  return axis == 0 ? ImageLayout::channels_first : ImageLayout::other;
}

void join(ImageLayout& known, ImageLayout more) {
  known = known == ImageLayout::unknown || known == more ? more : ImageLayout::other;
}

}  // namespace

ImageLayout image_layout(const Graph& graph, NodeId input) {
  if (graph.nodes.at(static_cast<size_t>(input)).shape.rank() != kRank) return ImageLayout::unknown;
  std::map<NodeId, Axes> reached{{input, {0, 1, 2}}};  // nodes that hold the input's values, axes permuted
  ImageLayout pixels = ImageLayout::unknown;
  ImageLayout channels = ImageLayout::unknown;
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    const Node& node = graph.nodes[i];
    const auto from =
        std::find_if(node.inputs.begin(), node.inputs.end(), [&](NodeId id) { return reached.contains(id); });
    if (from == node.inputs.end()) continue;
    Axes axes = reached.at(*from);
    if (takes_channels_last(node.op)) join(pixels, layout_of(axes));
    if (const auto place = channel_axis(node.op)) join(channels, layout_of_channels(axes[*place]));
    if (const auto* transpose = std::get_if<ops::Transpose>(&node.op)) {
      const Axes before = axes;
      for (size_t axis = 0; axis < kRank; ++axis)
        axes[axis] = before[static_cast<size_t>(transpose->perm[axis])];
    } else if (!keeps_axes(node.op) || node.shape.rank() != kRank) {
      continue;
    }
    reached.emplace(static_cast<NodeId>(i), axes);
  }
  return pixels != ImageLayout::unknown ? pixels : channels;
}

}  // namespace tf_injector::detail
