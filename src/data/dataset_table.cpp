#include "data/dataset_table.hpp"

#include <fmt/format.h>

#include "data/cifar/cifar.hpp"
#include "data/gtsrb/gtsrb.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail::data {
namespace {

NamedSet cifar_row(const CifarSet& set, DownloadFile archive) {
  return {.name = std::string(set.name),
          .files = cifar_files(set),
          .downloads = {std::move(archive)},
          .find = [&set](const std::string& place, const LoadOptions&) { return find_cifar(set, place); }};
}

// Address and MD5 sums are those of torchvision (torchvision/datasets/gtsrb.py). The ground truth is fetched
// first: without the images the set counts as missing, so an interrupted download is resumed.
NamedSet gtsrb_row() {
  const std::string archive = "https://sid.erda.dk/public/archives/daaeac0d7ce1152aea9b61d9f1e19370/";
  const auto file = [&archive](const std::string& name, const std::string& md5) {
    return DownloadFile{.address = archive + name, .name = name, .hash_kind = HashKind::md5, .hash = md5};
  };
  return {
      .name = "GTSRB",
      .files = {"GTSRB_Final_Test_Images.zip with GTSRB_Final_Test_GT.zip",
                "GTSRB/Final_Test/Images/*.ppm with GT-final_test.csv"},
      .downloads = {file("GTSRB_Final_Test_GT.zip", "fe31e9c9270bbcd7b84b7f21a9d9d9e5"),
                    file("GTSRB_Final_Test_Images.zip", "c7e4e6327067d32654124b0fe9e82185")},
      .find = [](const std::string& place, const LoadOptions& options) -> std::optional<Dataset> {
        if (!gtsrb_in(place)) return std::nullopt;
        return load_gtsrb(place, options.resize);
      },
      .remark = [](const std::string& place) -> std::string {
        if (!only_gtsrb_snapshot_in(place)) return "";
        return place + " holds the Python tool's tf.data snapshot, which is not read";
      },
  };
}

}  // namespace

// Addresses and hashes of CIFAR are those of Keras (keras/datasets/cifar10.py, cifar100.py).
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
      gtsrb_row(),
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

}  // namespace tf_injector::detail::data
