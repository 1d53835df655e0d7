// A .tar.gz archive: as it stands, and, if it is not compressed, what is in it.
#include "data/archives.hpp"
#include "data/cifar/cifar.hpp"
#include "data/tar_gz.hpp"
#include "dataset_check.hpp"

using namespace tf_injector::detail;

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const fuzz::ScratchFolder folder;
  const std::string_view text = fuzz::as_text(data, size);
  const bool is_compressed = data::is_gzip({data, size});
  const std::string path =
      folder.write("set.tar.gz", is_compressed ? std::string(text) : test::gzipped(text));
  (void)fuzz::accepted([&] {
    return data::find_in_tar_gz(path, [](const std::string& name) { return name.ends_with("first"); });
  });
  const auto dataset = fuzz::accepted([&] { return data::find_cifar(data::cifar10(), path); });
  if (dataset && *dataset) fuzz::check_dataset(**dataset);
  return 0;
}
