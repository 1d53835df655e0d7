// An opened model file: its configuration as JSON and the HDF5 file of its weights, whatever the container.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "io/hdf5/hdf5_file.hpp"
#include "keras/json_text.hpp"

namespace tf_injector::detail::keras {

// How the weights are stored in the HDF5 file.
enum class WeightLayout {
  keyed,   // .keras: layers/<class_k>/vars/<i>, or _layer_checkpoint_dependencies/<class_k>/vars/<i>
  legacy,  // .h5: model_weights/<layer name>/<weight name>
};

struct Archive {
  Json config;                // {"class_name": "Functional", "config": {...}, ...}
  std::string keras_version;  // "2.14.0"; empty if the file does not say
  WeightLayout layout = WeightLayout::keyed;
  Hdf5File weights;
};

// `bytes`: the contents of the file; `path` names it in messages. Throws Error(bad_input), naming the file:
// neither zip nor HDF5, damaged, or weights without a model.
[[nodiscard]] Archive open_archive(std::vector<uint8_t> bytes, const std::string& path);
// The contents of the file. Throws Error(bad_input) if it cannot be read or is a folder.
[[nodiscard]] std::vector<uint8_t> read_model_file(const std::string& path);
// Reads and opens the file. Throws as both.
[[nodiscard]] Archive open_archive(const std::string& path);

}  // namespace tf_injector::detail::keras
