// A test set as an .npz file, and as a folder with its arrays.
#include <algorithm>

#include "data/arrays/array_files.hpp"
#include "dataset_check.hpp"
#include "zip_mutator.hpp"

using namespace tf_injector::detail;

namespace {

constexpr size_t kMostFiles = 30;

// Files of members whose names are those of files.
void unpack(const fuzz::ScratchFolder& folder, const uint8_t* data, size_t size) {
  std::filesystem::remove_all(folder / "arrays");
  std::filesystem::create_directories(folder / "arrays");
  fuzz::accepted([&] {
    const ZipArchive zip(fuzz::as_bytes(data, size), "z");
    size_t count = 0;
    for (const std::string& name : zip.names()) {
      constexpr size_t kLongest = 100;
      const bool is_file = name.size() <= kLongest && name.ends_with(".npy") && !name.starts_with('.') &&
                           name.find('/') == std::string::npos;
      if (!is_file || ++count > kMostFiles) continue;
      const std::vector<uint8_t> bytes = zip.read(name, size_t{1} << 20);
      folder.write("arrays/" + name, fuzz::as_text(bytes.data(), bytes.size()));
    }
    return true;
  });
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const fuzz::ScratchFolder folder;
  const std::string path = folder.write("set.npz", fuzz::as_text(data, size));
  unpack(folder, data, size);
  static const std::vector<std::vector<std::string>> all_inputs{{},    {"images"},        {"x"},
                                                                {"y"}, {"left", "right"}, {"left", "y"}};
  for (const std::string& place : {path, folder / "arrays"}) {
    for (const auto& inputs : all_inputs) {
      const auto dataset = fuzz::accepted([&] {
        return data::find_arrays(place, inputs, [](const std::string& line) { fuzz::check_message(line); });
      });
      if (dataset && *dataset) fuzz::check_dataset(**dataset);
    }
  }
  return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size, unsigned seed) {
  return fuzz::mutate_zip(data, size, max_size, seed, 0);
}
