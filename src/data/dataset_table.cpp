#include "data/dataset_table.hpp"

#include <fmt/format.h>

#include "data/cifar.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::data {
namespace {

NamedSet cifar_row(const CifarSet& set, DownloadFile archive) {
  return {.name = std::string(set.name),
          .files = cifar_files(set),
          .downloads = {std::move(archive)},
          .find = [&set](const std::string& place, const LoadOptions&) { return find_cifar(set, place); }};
}

}  // namespace

// Addresses and hashes of CIFAR: those of Keras (keras/datasets/cifar10.py, cifar100.py).
const std::vector<NamedSet>& dataset_table() {
  static const std::vector<NamedSet> table{
      cifar_row(cifar10(), {.address = "https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz",
                            .name = "cifar-10-python.tar.gz",
                            .hash_kind = HashKind::sha256,
                            .hash = "6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce"}),
      cifar_row(cifar100(), {.address = "https://www.cs.toronto.edu/~kriz/cifar-100-python.tar.gz",
                             .name = "cifar-100-python.tar.gz",
                             .hash_kind = HashKind::sha256,
                             .hash = "85cd44d02ba6437773c5bbd22e183051d648de2e7d6b014e1ef29b855ba677a7"}),
  };
  return table;
}

const NamedSet& named_set(const std::string& name) {
  std::string known;
  for (const NamedSet& set : dataset_table()) {
    if (set.name == name) return set;
    known += (known.empty() ? "" : ", ") + set.name;
  }
  throw DatasetError(
      fmt::format("data set '{}' is not known, only {}; other data is given as a path, without a "
                  "name",
                  name, known));
}

}  // namespace tf_injector::data
