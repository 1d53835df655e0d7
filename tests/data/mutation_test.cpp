// Small valid files with some bytes changed, inserted, removed: each loads or is refused with one clear line.
// Run under the sanitizers (scripts/sanitize), where anything else shows.
#include <gtest/gtest.h>

#include <cstdlib>
#include <functional>
#include <random>

#include "archives.hpp"
#include "cifar_example.hpp"
#include "data/arrays/array_files.hpp"
#include "data/cifar/cifar.hpp"
#include "data/load.hpp"
#include "io/npy.hpp"
#include "temporary_folder.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail::data {
namespace {

class Mutator {
 public:
  explicit Mutator(std::string good) : good_(std::move(good)) {}

  // Changes one to four places; half of them near the start or the end, where files say what they are.
  std::string next() {
    std::string bytes = good_;
    for (size_t left = number(1, 4); left > 0 && !bytes.empty(); --left) {
      const size_t at = place(bytes.size());
      switch (number(0, 5)) {
        case 0:
          bytes[at] = static_cast<char>(bytes[at] ^ (1 << number(0, 7)));
          break;
        case 1:
          bytes[at] = static_cast<char>(number(0, 255));
          break;
        case 2:
          bytes[at] = bytes[number(0, std::min<size_t>(bytes.size() - 1, 300))];
          break;
        case 3:
          bytes.erase(at, number(1, 9));
          break;
        case 4:
          bytes.insert(at, bytes.substr(place(bytes.size()), number(1, 9)));
          break;
        default:
          for (size_t i = at; i < std::min(at + 4, bytes.size()); ++i) bytes[i] = static_cast<char>(0xFF);
      }
    }
    return bytes;
  }

 private:
  size_t number(size_t low, size_t high) { return std::uniform_int_distribution<size_t>(low, high)(random_); }
  size_t place(size_t size) {
    constexpr size_t kEdge = 250;
    const size_t edge = std::min(size - 1, kEdge);
    switch (number(0, 3)) {
      case 0:
        return number(0, edge);
      case 1:
        return size - 1 - number(0, edge);
      default:
        return number(0, size - 1);
    }
  }

  std::string good_;
  std::mt19937 random_{20260101};
};

struct Counts {
  int loaded = 0;
  int refused = 0;
};

// Runs `load` on mutations (TFI_MUTATIONS of them); it returns or throws DatasetError with one line.
Counts mutate(const std::string& good, const std::function<void(const std::string&)>& load) {
  Mutator mutator(good);
  const char* wanted = std::getenv("TFI_MUTATIONS");
  const int count = wanted != nullptr ? std::stoi(wanted) : 400;
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
