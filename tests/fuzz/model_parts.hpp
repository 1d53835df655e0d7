// The parts of small .keras files, put together again with one of them replaced: archive and checksums are
// valid, so that what is inside is reached.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "data/stored_zip.hpp"
#include "fuzz_target.hpp"
#include "io/zip_archive.hpp"

namespace tf_injector::detail::fuzz {

struct ModelParts {
  std::string config, metadata, weights;
};

// Of the files that model_files.txt lists, in its order.
inline const std::vector<ModelParts>& model_parts() {
  static const std::vector<ModelParts> parts = [] {
    std::vector<ModelParts> all;
    std::ifstream list(TFI_TEST_DIR "/fuzz/model_files.txt");
    for (std::string name; std::getline(list, name);) {
      const ZipArchive zip(TFI_TEST_DIR "/" + name);
      const auto member = [&](const char* of) {
        const std::vector<uint8_t> bytes = zip.read(of);
        return std::string(bytes.begin(), bytes.end());
      };
      all.push_back({member("config.json"), member("metadata.json"), member("model.weights.h5")});
    }
    require(!all.empty(), "no models in model_files.txt");
    return all;
  }();
  return parts;
}

// Inputs begin with a byte that chooses the model.
inline const ModelParts& chosen_parts(uint8_t number) { return model_parts()[number % model_parts().size()]; }

inline std::vector<uint8_t> keras_file(const ModelParts& parts) {
  const std::string zip = data::test::stored_zip({{"metadata.json", parts.metadata},
                                                  {"config.json", parts.config},
                                                  {"model.weights.h5", parts.weights}});
  return {zip.begin(), zip.end()};
}

}  // namespace tf_injector::detail::fuzz
