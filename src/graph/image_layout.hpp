// Finds out which axis of an image input (a tensor of three axes) holds the channels.
#pragma once

#include "graph/graph.hpp"

namespace tf_injector::detail {

enum class ImageLayout {
  unknown,         // no op tells, for example if the input is only flattened
  channels_last,   // (H, W, C)
  channels_first,  // (C, H, W)
  other,           // neither, or ops contradict each other
};

// Decides by the first ops that distinguish channels from pixels: convolutions, pooling and resizing, which
// take (H, W, C) after any transposes before them. Without such ops it decides by batch normalisation and by
// constants with one value per channel.
[[nodiscard]] ImageLayout image_layout(const Graph& graph, NodeId input);

}  // namespace tf_injector::detail
