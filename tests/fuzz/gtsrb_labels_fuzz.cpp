// The ground truth of GTSRB beside three images.
#include "data/gtsrb/gtsrb.hpp"
#include "dataset_check.hpp"

using namespace tf_injector::detail;

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const fuzz::ScratchFolder folder;
  static const bool is_new = [] {
    for (const char* name : {"00000.ppm", "00001.ppm", "00002.ppm"})
      folder.write(name, std::string("P6\n1 1\n255\n") + "abc");
    return true;
  }();
  fuzz::require(is_new, "images");
  const std::string labels = folder.write("GT-final_test.csv", fuzz::as_text(data, size));
  const std::string path = std::filesystem::path(labels).parent_path().string();
  const auto dataset = fuzz::accepted([&] { return data::load_gtsrb(path, "pillow"); });
  if (!dataset) return 0;
  fuzz::check_dataset(*dataset);
  fuzz::require(dataset->labels.size() == 3, "as many labels as images");
  for (const int32_t label : dataset->labels) fuzz::require(label < 43, "a class that there is not");
  return 0;
}
