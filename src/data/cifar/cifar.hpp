// Reads the test sets of CIFAR-10 and CIFAR-100: the Python version (a pickle), the binary version, or the
// .tar.gz archive of either.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tf_injector/dataset.hpp"

namespace tf_injector::detail::data {

struct CifarSet {
  std::string_view name;           // "CIFAR10"
  std::string_view python_folder;  // of the archive of pickles
  std::string_view pickle;         // the test set's file in it
  std::string_view label_key;      // the pickle's labels
  std::string_view binary_folder;  // of the archive of the binary version
  std::string_view binary;         // the test set's file in it
  size_t label_bytes;              // before each image of the binary version; the last one is the label
  int32_t classes;
  std::vector<std::string_view> archives;  // file names of the archives
};

[[nodiscard]] const CifarSet& cifar10();
[[nodiscard]] const CifarSet& cifar100();

// The test set in `place`: a folder (with the batches, with the folder of the batches, or with the archive),
// a .tar.gz, or the test file itself; nothing if there is none. Images are (32, 32, 3) of uint8. Throws
// DatasetError if it is there but damaged.
[[nodiscard]] std::optional<Dataset> find_cifar(const CifarSet& set, const std::string& place);
// The names that find_cifar looks for in a folder, for messages.
[[nodiscard]] std::vector<std::string> cifar_files(const CifarSet& set);

// The contents of the two kinds of test files. `source` names the file in messages. Throw DatasetError.
[[nodiscard]] Dataset read_cifar_pickle(const CifarSet& set, std::vector<uint8_t> bytes,
                                        const std::string& source);
[[nodiscard]] Dataset read_cifar_binary(const CifarSet& set, const std::vector<uint8_t>& bytes,
                                        const std::string& source);

}  // namespace tf_injector::detail::data
