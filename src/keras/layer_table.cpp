#include "keras/layer_table.hpp"

#include <algorithm>
#include <iterator>

#include "keras/layers/layers.hpp"

namespace tf_injector::detail::keras {
namespace {

// Sorted by name. docs/layers.md has the same rows, which a test checks.
const LayerType kLayerTypes[] = {
    {"Activation", layers::activation, nullptr},
    {"ActivityRegularization", layers::activity_regularization, nullptr},
    {"Add", layers::add, nullptr},
    {"AlphaDropout", layers::dropout, nullptr},
    {"AugMix", layers::random_augmentation, nullptr},
    {"Average", layers::average, nullptr},
    {"AveragePooling2D", layers::average_pooling2d, nullptr},
    {"BatchNormalization", layers::batch_normalization, layers::batch_normalization_variables},
    {"BatchNormalizationV1", layers::batch_normalization, layers::batch_normalization_variables},
    {"BatchNormalizationV2", layers::batch_normalization, layers::batch_normalization_variables},
    {"CenterCrop", layers::center_crop, nullptr},
    {"Concatenate", layers::concatenate, nullptr},
    {"Conv2D", layers::conv2d, layers::conv2d_variables, Injectable::yes},
    {"Cropping2D", layers::cropping2d, nullptr},
    {"CustomScaleLayer", layers::custom_scale, nullptr},
    {"CutMix", layers::random_augmentation, nullptr},
    {"Dense", layers::dense, layers::dense_variables, Injectable::yes},
    {"DepthwiseConv2D", layers::depthwise_conv2d, layers::depthwise_conv2d_variables},
    {"Dropout", layers::dropout, nullptr},
    {"ELU", layers::elu, nullptr},
    {"Flatten", layers::flatten, nullptr},
    {"GaussianDropout", layers::dropout, nullptr},
    {"GaussianNoise", layers::dropout, nullptr},
    {"GlobalAveragePooling2D", layers::global_average_pooling2d, nullptr},
    {"GlobalMaxPooling2D", layers::global_max_pooling2d, nullptr},
    {"Identity", layers::identity, nullptr},
    {"LayerNormalization", layers::layer_normalization, layers::layer_normalization_variables},
    {"LayerScale", layers::layer_scale, layers::layer_scale_variables},
    {"LeakyReLU", layers::leaky_relu, nullptr},
    {"MaxPooling2D", layers::max_pooling2d, nullptr},
    {"Maximum", layers::maximum, nullptr},
    {"Minimum", layers::minimum, nullptr},
    {"MixUp", layers::random_augmentation, nullptr},
    {"Multiply", layers::multiply, nullptr},
    {"Normalization", layers::normalization, layers::normalization_variables},
    {"PReLU", layers::prelu, layers::prelu_variables},
    {"Permute", layers::permute, nullptr},
    {"RandAugment", layers::random_augmentation, nullptr},
    {"RandomBrightness", layers::random_augmentation, nullptr},
    {"RandomColorDegeneration", layers::random_augmentation, nullptr},
    {"RandomColorJitter", layers::random_augmentation, nullptr},
    {"RandomContrast", layers::random_augmentation, nullptr},
    {"RandomCrop", layers::random_crop, nullptr},
    {"RandomElasticTransform", layers::random_augmentation, nullptr},
    {"RandomErasing", layers::random_augmentation, nullptr},
    {"RandomFlip", layers::random_augmentation, nullptr},
    {"RandomGaussianBlur", layers::random_augmentation, nullptr},
    {"RandomGrayscale", layers::random_augmentation, nullptr},
    {"RandomHeight", layers::random_augmentation, nullptr},
    {"RandomHue", layers::random_augmentation, nullptr},
    {"RandomInvert", layers::random_augmentation, nullptr},
    {"RandomPerspective", layers::random_augmentation, nullptr},
    {"RandomPosterization", layers::random_augmentation, nullptr},
    {"RandomRotation", layers::random_augmentation, nullptr},
    {"RandomSaturation", layers::random_augmentation, nullptr},
    {"RandomSharpness", layers::random_augmentation, nullptr},
    {"RandomShear", layers::random_augmentation, nullptr},
    {"RandomTranslation", layers::random_augmentation, nullptr},
    {"RandomWidth", layers::random_augmentation, nullptr},
    {"RandomZoom", layers::random_augmentation, nullptr},
    {"ReLU", layers::relu, nullptr},
    {"RepeatVector", layers::repeat_vector, nullptr},
    {"Rescaling", layers::rescaling, nullptr},
    {"Reshape", layers::reshape, nullptr},
    {"Resizing", layers::resizing, nullptr},
    {"SeparableConv2D", layers::separable_conv2d, layers::separable_conv2d_variables},
    {"Softmax", layers::softmax, nullptr},
    {"Solarization", layers::random_augmentation, nullptr},
    {"SpatialDropout1D", layers::dropout, nullptr},
    {"SpatialDropout2D", layers::dropout, nullptr},
    {"SpatialDropout3D", layers::dropout, nullptr},
    {"StochasticDepth", layers::dropout, nullptr},
    {"Subtract", layers::subtract, nullptr},
    {"SyncBatchNormalization", layers::batch_normalization, layers::batch_normalization_variables},
    {"UpSampling2D", layers::up_sampling2d, nullptr},
    {"ZeroPadding2D", layers::zero_padding2d, nullptr},
};

// A class registered outside Keras may have the name of a Keras class. The package tf_keras is Keras 2.
bool is_keras_module(std::string_view module) {
  if (module.starts_with("tf_keras")) module.remove_prefix(3);
  return module.empty() || module == "keras" || module == "keras.layers" ||
         module.starts_with("keras.layers.") || module.starts_with("keras.src.layers") ||
         module.starts_with("keras.src.applications") || module.starts_with("keras.applications");
}

}  // namespace

std::span<const LayerType> layer_types() { return kLayerTypes; }

bool makes_floats(std::string_view class_name, Generation generation) {
  static constexpr std::string_view kBoth[] = {"BatchNormalization",   "BatchNormalizationV1",
                                               "BatchNormalizationV2", "SyncBatchNormalization",
                                               "CenterCrop",           "Dense",
                                               "LayerNormalization",   "LeakyReLU",
                                               "Normalization",        "RandomFlip",
                                               "RandomRotation",       "RandomTranslation",
                                               "RandomZoom",           "Rescaling"};
  static constexpr std::string_view kKeras2[] = {"RandomBrightness", "RandomContrast", "RandomCrop",
                                                 "Resizing"};
  static constexpr std::string_view kKeras3[] = {"AugMix",
                                                 "CutMix",
                                                 "GlobalAveragePooling2D",
                                                 "RandAugment",
                                                 "RandomElasticTransform",
                                                 "RandomErasing",
                                                 "RandomGaussianBlur",
                                                 "RandomPerspective",
                                                 "RandomSharpness",
                                                 "RandomShear",
                                                 "Solarization"};
  const auto among = [&](const auto& names) {
    return std::find(std::begin(names), std::end(names), class_name) != std::end(names);
  };
  return among(kBoth) || (generation == Generation::keras3 ? among(kKeras3) : among(kKeras2));
}

bool differs_in_training(const LayerSpec& layer) {
  if (layer.class_name.starts_with("Random")) return true;
  Config config(*layer.config, layer.where());
  const auto is_zero = [&](const char* option) { return config.number(option, 1.0) == 0.0; };
  if (layer.class_name == "GaussianNoise") return !is_zero("stddev");
  if (layer.class_name == "StochasticDepth") return !is_zero("drop_path_rate");
  if (layer.class_name.ends_with("Dropout") || layer.class_name.starts_with("SpatialDropout"))
    return !is_zero("rate");
  if (layer.class_name == "BatchNormalizationV1") return true;
  return layer.class_name.find("BatchNormalization") != std::string::npos &&
         config.boolean("trainable", true);
}

const LayerType* find_layer_type(const LayerSpec& layer) {
  if (!is_keras_module(layer.module)) return nullptr;
  for (const LayerType& type : kLayerTypes) {
    if (layer.class_name == type.class_name) return &type;
  }
  return nullptr;
}

}  // namespace tf_injector::detail::keras
