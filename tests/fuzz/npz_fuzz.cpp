// A test set as an .npz file.
#include "data/arrays/array_files.hpp"
#include "dataset_check.hpp"
#include "zip_mutator.hpp"

using namespace tf_injector::detail;

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const fuzz::ScratchFolder folder;
  const std::string path = folder.write("set.npz", fuzz::as_text(data, size));
  static const std::vector<std::string> two_inputs{"left", "right"};
  for (const auto& inputs : {std::vector<std::string>{}, two_inputs}) {
    const auto dataset = fuzz::accepted([&] { return data::find_arrays(path, inputs); });
    if (dataset && *dataset) fuzz::check_dataset(**dataset);
  }
  return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size, unsigned seed) {
  return fuzz::mutate_zip(data, size, max_size, seed, 0);
}
