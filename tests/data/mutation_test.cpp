// Small valid files with some bytes changed, inserted, removed: each loads or is refused with one clear line.
// Run under the sanitizers (scripts/sanitize), where anything else shows.
#include <gtest/gtest.h>

#include <functional>

#include "archives.hpp"
#include "cifar_example.hpp"
#include "data/arrays/array_files.hpp"
#include "data/cifar/cifar.hpp"
#include "data/load.hpp"
#include "io/npy.hpp"
#include "support/mutator.hpp"
#include "temporary_folder.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail::data {
namespace {

struct Counts {
  int loaded = 0;
  int refused = 0;
};

// Runs `load` on mutations (TFI_MUTATIONS of them); it returns or throws DatasetError with one line.
Counts mutate(const std::string& good, const std::function<void(const std::string&)>& load) {
  test::Mutator mutator(good);
  const int count = test::mutations_wanted(400);
  Counts counts;
  load(good);
  for (int i = 0; i < count; ++i) {
    try {
      load(mutator.next());
      ++counts.loaded;
    } catch (const DatasetError& error) {
      ++counts.refused;
      const std::string message = error.what();
      EXPECT_EQ(message.find('\n'), std::string::npos) << message;
      EXPECT_LT(message.size(), 2000u);
    }
  }
  EXPECT_GT(counts.refused, 0);
  return counts;
}

TEST(Mutation, Pickles) {
  for (const char* name : {"python2_cifar10", "protocol2_cifar10", "protocol4_cifar10", "protocol5_cifar10",
                           "fortran_cifar10", "fortran_planes_cifar10", "scalars_cifar10"}) {
    SCOPED_TRACE(name);
    const Counts counts = mutate(test::example_pickle(name), [](const std::string& bytes) {
      const Dataset dataset = read_cifar_pickle(cifar10(), {bytes.begin(), bytes.end()}, "f");
      EXPECT_EQ(dataset.inputs.at(0).bytes.size(), dataset.labels.size() * test::kCifarImage);
    });
    EXPECT_GT(counts.loaded, 0);
  }
}

TEST(Mutation, TarInsideGzip) {
  const test::TemporaryFolder folder;
  const std::string tar =
      test::tar_member("././@LongLink", std::string(120, 'n') + "/x", 'L') + test::tar_member("n", "first") +
      test::tar_member("p", "21 path=some/where/x\n", 'x') + test::tar_member("q", "second") +
      test::tar_member("cifar-10-batches-bin/test_batch.bin", test::cifar_records({"\x03"})) +
      test::tar_end();
  const Counts counts = mutate(tar, [&folder](const std::string& bytes) {
    const std::string path = folder.write("a.tar.gz", test::gzipped(bytes));
    static_cast<void>(load_dataset({.dataset = "", .path = path, .on_message = {}}));
  });
  EXPECT_GT(counts.loaded, 0);
}

TEST(Mutation, Gzip) {
  const test::TemporaryFolder folder;
  const std::string good = test::gzipped(
      test::tar_member("d/test_batch", test::example_pickle("python2_cifar10")) + test::tar_end());
  mutate(good, [&folder](const std::string& bytes) {
    const std::string path = folder.write("a.tar.gz", bytes);
    static_cast<void>(load_dataset({.dataset = "CIFAR10", .path = path, .on_message = {}}));
  });
}

TEST(Mutation, Npz) {
  const test::TemporaryFolder folder;
  const std::vector<int64_t> shape{2, 3, 1, 1};
  const std::vector<int64_t> count{2};
  const std::string good = npz_bytes(
      {{"x", npy_header("<f4", shape) + std::string(24, 'a')}, {"y", npy_header("<i2", count) + "abcd"}});
  mutate(good, [&folder](const std::string& bytes) {
    const std::string path = folder.write("a.npz", bytes);
    static_cast<void>(load_dataset({.dataset = "", .path = path, .on_message = {}}));
  });
}

TEST(Mutation, NpyFolder) {
  const test::TemporaryFolder folder;
  const std::vector<int64_t> shape{2, 3};
  const std::vector<int64_t> count{2, 1};
  folder.write("y.npy", npy_header("|u1", count) + "ab");
  const Counts counts = mutate(npy_header("|u1", shape) + "abcdef", [&folder](const std::string& bytes) {
    folder.write("x.npy", bytes);
    static_cast<void>(load_dataset({.dataset = "", .path = folder.path(), .on_message = {}}));
  });
  EXPECT_GT(counts.loaded, 0);
}

}  // namespace
}  // namespace tf_injector::detail::data
