// Which axis of an input of images (a tensor of three axes) holds the channels.
#pragma once

#include "graph/graph.hpp"

namespace tf_injector {

enum class ImageLayout {
  unknown,         // no op tells, as in a model that only flattens its input
  channels_last,   // (H, W, C)
  channels_first,  // (C, H, W)
  other,           // none of both, or ops that contradict each other
};

// Read off the first ops that tell channels from pixels: convolutions, pooling and resizing, which take
// (H, W, C) after whatever transposes stand before them; without such ops, batch normalisation and
// constants that have one value per channel.
[[nodiscard]] ImageLayout image_layout(const Graph& graph, NodeId input);

}  // namespace tf_injector
