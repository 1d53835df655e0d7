#include "data/cifar/cifar.hpp"

#include <fmt/format.h>

#include "core/printable.hpp"
#include "data/file_probe.hpp"
#include "data/tar_gz.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail::data {
namespace {

Dataset read_contents(const CifarSet& set, std::vector<uint8_t> bytes, bool is_binary,
                      const std::string& source) {
  return is_binary ? read_cifar_binary(set, bytes, source) : read_cifar_pickle(set, std::move(bytes), source);
}

std::optional<Dataset> read_archive(const CifarSet& set, const std::string& path) {
  const auto member = find_in_tar_gz(path, [&set](const std::string& name) {
    return base_name(name) == set.pickle || base_name(name) == set.binary;
  });
  if (!member) return std::nullopt;
  Dataset dataset = read_contents(set, member->bytes, base_name(member->name) == set.binary,
                                  path + ": member '" + member->name + "'");
  dataset.source = path;
  return dataset;
}

std::optional<Dataset> read_file(const CifarSet& set, const std::string& path) {
  if (is_gzip(start_of_file(path)) || path.ends_with(".tar.gz") || path.ends_with(".tgz"))
    return read_archive(set, path);
  const std::string name = base_name(path);
  if (name != set.pickle && name != set.binary) return std::nullopt;
  return read_contents(set, read_data_file(path), name == set.binary, path);
}

// find_cifar, except that its messages may hold control characters from the file's names.
std::optional<Dataset> find_in_place(const CifarSet& set, const std::string& place) {
  if (is_file(place)) return read_file(set, place);
  for (const std::string& name : cifar_files(set)) {
    const std::string path = in_folder(place, name);
    if (!is_file(path)) continue;
    auto dataset = read_file(set, path);
    if (dataset) return dataset;
    throw DatasetError(fmt::format("{}: holds no '{}' and no '{}'; is it the archive of {}?", path,
                                   set.pickle, set.binary, set.name));
  }
  return std::nullopt;
}

}  // namespace

// Archives: the name on the home page, then the names that Keras 2 and Keras 3 give them.
const CifarSet& cifar10() {
  static const CifarSet set{
      .name = "CIFAR10",
      .python_folder = "cifar-10-batches-py",
      .pickle = "test_batch",
      .label_key = "labels",
      .binary_folder = "cifar-10-batches-bin",
      .binary = "test_batch.bin",
      .label_bytes = 1,
      .classes = 10,
      .archives = {"cifar-10-python.tar.gz", "cifar-10-batches-py.tar.gz",
                   "cifar-10-batches-py-target_archive", "cifar-10-binary.tar.gz"},
  };
  return set;
}

// Each image has two labels; in the binary version the coarse one comes first.
const CifarSet& cifar100() {
  static const CifarSet set{
      .name = "CIFAR100",
      .python_folder = "cifar-100-python",
      .pickle = "test",
      .label_key = "fine_labels",
      .binary_folder = "cifar-100-binary",
      .binary = "test.bin",
      .label_bytes = 2,
      .classes = 100,
      .archives = {"cifar-100-python.tar.gz", "cifar-100-python-target_archive", "cifar-100-binary.tar.gz"},
  };
  return set;
}

std::vector<std::string> cifar_files(const CifarSet& set) {
  const std::string python(set.python_folder);
  std::vector<std::string> files{
      std::string(set.pickle),
      fmt::format("{}/{}", python, set.pickle),
      fmt::format("{}-target/{}/{}", python, python, set.pickle),  // Keras 3
      std::string(set.binary),
      fmt::format("{}/{}", set.binary_folder, set.binary),
  };
  files.insert(files.end(), set.archives.begin(), set.archives.end());
  return files;
}

std::optional<Dataset> find_cifar(const CifarSet& set, const std::string& place) {
  try {
    return find_in_place(set, place);
  } catch (const DatasetError& error) {
    throw DatasetError(one_line(error.what()));
  }
}

}  // namespace tf_injector::detail::data
