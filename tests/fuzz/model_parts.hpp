// The parts of small .keras files as they are behind the archive, whose checksums no mutation would pass.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "fuzz_target.hpp"
#include "io/hdf5/hdf5_file.hpp"
#include "io/zip_archive.hpp"
#include "keras/archive.hpp"
#include "keras/importer.hpp"
#include "keras/json_text.hpp"

namespace tf_injector::detail::fuzz {

inline std::vector<keras::Archive> read_models() {
  std::vector<keras::Archive> models;
  std::ifstream list(TFI_TEST_DIR "/fuzz/model_files.txt");
  for (std::string name; std::getline(list, name);) {
    const ZipArchive zip(TFI_TEST_DIR "/" + name);
    models.push_back(
        {.config = keras::parse_json(zip.read("config.json")),
         .keras_version = keras::parse_json(zip.read("metadata.json")).at("keras_version").text(),
         .layout = keras::WeightLayout::keyed,
         .weights = Hdf5File(zip.read("model.weights.h5"), "m.keras: model.weights.h5")});
  }
  require(!models.empty(), "no models in model_files.txt");
  return models;
}

// One of the files that model_files.txt lists. Inputs begin with the byte that chooses it. A target changes
// one part only, the configuration or the weights, and puts another one there every time.
inline keras::Archive& chosen_model(uint8_t number) {
  static std::vector<keras::Archive> models = read_models();
  return models[number % models.size()];
}

}  // namespace tf_injector::detail::fuzz
