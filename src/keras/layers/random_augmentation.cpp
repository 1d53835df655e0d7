// Layers that change images only in training (RandomFlip and similar). At inference, which is training=False,
// they do nothing. RandomCrop, which crops or resizes at inference, too, is in resizing.cpp.
#include "keras/layers/layers.hpp"

namespace tf_injector::detail::keras::layers {

// All options are about training.
Values random_augmentation(CallContext& call) {
  call.config.ignore({"addition_factor",
                      "all_ops",
                      "alpha",
                      "bounding_box_format",
                      "brightness_factor",
                      "chain_depth",
                      "contrast_factor",
                      "data_format",
                      "factor",
                      "fill_mode",
                      "fill_value",
                      "height_factor",
                      "hue_factor",
                      "interpolation",
                      "kernel_size",
                      "mode",
                      "num_chains",
                      "num_ops",
                      "rng_type",
                      "saturation_factor",
                      "scale",
                      "seed",
                      "sigma",
                      "threshold_factor",
                      "value_range",
                      "width_factor",
                      "x_factor",
                      "y_factor"});
  return {call.input()};
}

}  // namespace tf_injector::detail::keras::layers
