// The parts of small model files as they are behind the archive, whose checksums no mutation would pass.
#pragma once

#include <string>
#include <vector>

#include "fuzz_target.hpp"
#include "keras/archive.hpp"
#include "keras/importer.hpp"

namespace tf_injector::detail::fuzz {

inline std::vector<keras::Archive> read_models() {
  std::vector<keras::Archive> models;
  std::ifstream list(TFI_TEST_DIR "/fuzz/model_files.txt");
  for (std::string name; std::getline(list, name);) {
    const std::string bytes = read_file(TFI_TEST_DIR "/" + name);
    models.push_back(keras::open_archive(std::vector<uint8_t>(bytes.begin(), bytes.end()),
                                         "m" + name.substr(name.rfind('.'))));
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
