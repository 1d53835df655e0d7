// A file as `--data` is given it, or the folder that holds it: what it is follows from its name and from what
// it holds. The first byte chooses the name.
#include "data/load.hpp"
#include "dataset_check.hpp"
#include "zip_mutator.hpp"

using namespace tf_injector::detail;

namespace {

// The official archives of GTSRB stand together: here one archive is both, images and labels.
constexpr const char* kImages = "gtsrb/GTSRB_Final_Test_Images.zip";
constexpr const char* kLabels = "gtsrb/GTSRB_Final_Test_GT.zip";
constexpr const char* kNames[] = {kImages,
                                  "set.npz",
                                  "cifar/test_batch.bin",
                                  "cifar/test_batch",
                                  "cifar/test.bin",
                                  "cifar/test",
                                  "cifar/cifar-10-python.tar.gz",
                                  "x.npy",
                                  "set",
                                  "cifar/data.npz",
                                  "gtsrb/00000.ppm"};

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  static const fuzz::ScratchFolder folder;
  const std::string name = kNames[data[0] % std::size(kNames)];
  const std::string path = folder.write(name, fuzz::as_text(data + 1, size - 1));
  const std::string also = name == kImages ? folder.write(kLabels, fuzz::as_text(data + 1, size - 1)) : "";
  std::vector<std::string> places{path};
  if (name.find('/') != std::string::npos)
    places.push_back(std::filesystem::path(path).parent_path().string());
  for (const std::string& place : places) {
    for (const char* set : {"", "GTSRB", "CIFAR10"}) {
      for (const char* resize : {"pillow", "tensorflow"}) {
        const auto dataset = fuzz::accepted([&] {
          return data::load_dataset(
              {.dataset = set,
               .path = place,
               .allow_download = false,
               .resize = resize,
               .on_message = [](const std::string& line) { fuzz::check_message(line); }});
        });
        if (dataset) fuzz::check_dataset(*dataset);
      }
    }
  }
  std::filesystem::remove(path);
  if (!also.empty()) std::filesystem::remove(also);
  return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size, unsigned seed) {
  return fuzz::mutate_zip(data, size, max_size, seed, 1);
}
