// load_dataset: every form in every place, and what is said when nothing is found or something is damaged.
#include "data/load.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "archives.hpp"
#include "cifar_example.hpp"
#include "data/dataset_hash.hpp"
#include "data/dataset_table.hpp"
#include "io/npy.hpp"
#include "io/sha256.hpp"
#include "temporary_folder.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail::data {
namespace {

using test::cifar_records;
using test::example_pickle;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

// Each test has a working folder and a home folder of its own.
class Load : public testing::Test {
 protected:
  Load() : before_(std::filesystem::current_path()) {
    if (const char* home = std::getenv("HOME")) home_before_ = home;
    std::filesystem::create_directories(folder_ / "home");
    setenv("HOME", (folder_ / "home").c_str(), 1);
    std::filesystem::current_path(folder_.path());
  }
  ~Load() override {
    std::filesystem::current_path(before_);
    setenv("HOME", home_before_.c_str(), 1);
  }

  static Dataset load(const std::string& dataset, const std::string& path = "",
                      std::vector<std::string> inputs = {}) {
    LoadOptions options;
    options.inputs = std::move(inputs);
    options.dataset = dataset;
    options.path = path;
    options.allow_download = false;
    return load_dataset(options);
  }
  static std::string refusal(const std::string& dataset, const std::string& path = "",
                             std::vector<std::string> inputs = {}) {
    try {
      static_cast<void>(load(dataset, path, std::move(inputs)));
    } catch (const DatasetError& error) {
      const std::string message = error.what();
      EXPECT_EQ(message.find('\n'), std::string::npos) << message;
      return message;
    }
    return "not refused";
  }

  test::TemporaryFolder folder_;

 private:
  std::filesystem::path before_;
  std::string home_before_;
};

std::string npy(const std::string& dtype, const std::vector<int64_t>& shape, const std::string& data) {
  return npy_header(dtype, shape) + data;
}

std::string archive_of(const std::string& name, const std::string& content) {
  return test::gzipped(test::tar_member("cifar/readme.html", "hello") + test::tar_member(name, content) +
                       test::tar_end());
}

TEST_F(Load, FindsCifarInEveryFormInEveryPlace) {
  const std::string pickle = example_pickle("protocol2_cifar10");
  const std::string binary = cifar_records({"\x03", "\x08"});
  const std::vector<std::pair<std::string, std::string>> forms{
      {"test_batch", pickle},
      {"cifar-10-batches-py/test_batch", pickle},
      {"cifar-10-batches-py-target/cifar-10-batches-py/test_batch", pickle},
      {"test_batch.bin", binary},
      {"cifar-10-batches-bin/test_batch.bin", binary},
      {"cifar-10-python.tar.gz", archive_of("cifar-10-batches-py/test_batch", pickle)},
      {"cifar-10-batches-py.tar.gz", archive_of("cifar-10-batches-py/test_batch", pickle)},
      {"cifar-10-batches-py-target_archive", archive_of("cifar-10-batches-py/test_batch", pickle)},
      {"cifar-10-binary.tar.gz", archive_of("cifar-10-batches-bin/test_batch.bin", binary)},
  };
  std::string hash;
  for (const std::string place : {"datasets/CIFAR10", "home/.keras/datasets", "elsewhere"}) {
    for (const auto& [name, content] : forms) {
      SCOPED_TRACE(place + "/" + name);
      folder_.write(place + "/" + name, content);
      const Dataset dataset = load("CIFAR10", place == "elsewhere" ? folder_ / place : "");
      EXPECT_EQ(dataset.name, "CIFAR10");
      EXPECT_EQ(dataset.inputs.at(0).bytes, test::cifar_pixels());
      EXPECT_EQ(dataset.labels, (std::vector<int32_t>{3, 8}));
      EXPECT_THAT(dataset.source, HasSubstr(name));
      if (hash.empty()) hash = dataset.sha256;
      EXPECT_EQ(dataset.sha256, hash);
      if (place == "elsewhere") {
        EXPECT_EQ(load("", folder_ / place).sha256, hash);
        const std::string direct = folder_ / (place + "/" + name);
        EXPECT_EQ(load("CIFAR10", direct).sha256, hash);
        EXPECT_EQ(load("", direct).name, "CIFAR10");
      }
      std::filesystem::remove_all(folder_ / place);
    }
  }
}

TEST_F(Load, OwnFolderComesBeforeKeras) {
  folder_.write("home/.keras/datasets/cifar-10-batches-py/test_batch", example_pickle("python2_cifar10"));
  folder_.write("datasets/CIFAR10/test_batch.bin", cifar_records({"\x05"}));
  EXPECT_EQ(load("CIFAR10").labels, std::vector<int32_t>{5});
  std::filesystem::remove_all(folder_ / "datasets");
  EXPECT_EQ(load("CIFAR10").labels, (std::vector<int32_t>{3, 8}));
}

TEST_F(Load, Cifar100) {
  folder_.write("datasets/CIFAR100/cifar-100-python/test", example_pickle("python2_cifar100"));
  EXPECT_EQ(load("CIFAR100").labels, (std::vector<int32_t>{99, 0}));
  const std::string records = cifar_records({"\x01\x63", std::string("\x02\x00", 2)});
  folder_.write("b/cifar-100-binary/test.bin", records);
  EXPECT_EQ(load("CIFAR100", folder_ / "b").sha256, load("CIFAR100").sha256);
  EXPECT_EQ(load("", folder_ / "b").name, "CIFAR100");
  folder_.write("c/any.tgz", archive_of("cifar-100-binary/test.bin", records));
  EXPECT_EQ(load("", folder_ / "c/any.tgz").sha256, load("CIFAR100").sha256);
}

// The definition in dataset_hash.hpp, computed by hand.
TEST_F(Load, Sha256IsOfTheContents) {
  folder_.write("d/x.npy", npy("|u1", {2, 1, 1, 3}, "abcdef"));
  folder_.write("d/y.npy", npy("|u1", {2}, std::string("\x01\x00", 2)));
  const std::string stream =
      " uint8 (2, 1, 1, 3)\nabcdeflabels int32 (2,)\n" + std::string("\1\0\0\0\0\0\0\0", 8);
  EXPECT_EQ(load("", folder_ / "d").sha256, sha256_of(stream.data(), stream.size()));
}

TEST_F(Load, ArraysOfAnyImages) {
  const std::string images = npy("<f4", {1, 2}, std::string("\0\0\x80\x3F\0\0\0\x40", 8));
  const std::string labels = npy("<i8", {1, 1}, std::string("\x09\0\0\0\0\0\0\0", 8));
  folder_.write("set.npz", npz_bytes({{"x", images}, {"y", labels}}));
  const Dataset dataset = load("", folder_ / "set.npz");
  EXPECT_EQ(dataset.name, "set");
  EXPECT_TRUE(dataset.inputs.at(0).is_float);
  EXPECT_EQ(dataset.inputs.at(0).name, "");
  EXPECT_EQ(dataset.inputs.at(0).shape, std::vector<int64_t>{2});
  EXPECT_EQ(dataset.inputs.at(0).floats, (std::vector<float>{1.0f, 2.0f}));
  EXPECT_EQ(dataset.labels, std::vector<int32_t>{9});

  folder_.write("two.npz", npz_bytes({{"b", images}, {"a", npy("|u1", {1, 1, 1, 1}, "q")}, {"y", labels}}));
  const Dataset two = load("CIFAR100", folder_ / "two.npz", {"b", "a"});
  EXPECT_EQ(two.name, "CIFAR100");
  ASSERT_EQ(two.inputs.size(), 2u);
  EXPECT_EQ(two.inputs[0].name, "a");
  EXPECT_EQ(two.inputs[1].name, "b");
}

TEST_F(Load, WrongArraysSayWhatIsExpected) {
  const std::string x = npy("|u1", {2, 1}, "ab");
  const std::string y = npy("|u1", {2}, "ab");
  const auto npz = [this](const std::map<std::string, std::string>& arrays) {
    return refusal("", folder_.write("a.npz", npz_bytes(arrays)));
  };
  EXPECT_THAT(npz({{"x", x}, {"x_test", x}}), AllOf(HasSubstr("labels 'y'"), HasSubstr("'x_test'")));
  EXPECT_THAT(npz({{"y", y}, {"a", x}, {"b", x}}),
              AllOf(HasSubstr("images 'x'"), HasSubstr("'a', 'b', 'y'")));
  EXPECT_THAT(npz({{"images", x}, {"labels", y}}),
              HasSubstr("; rename them: z = np.load('" + (folder_ / "a.npz") +
                        "'); np.savez('renamed.npz', x=z['images'], y=z['labels'])"));
  EXPECT_THAT(npz({{"y", y}}), HasSubstr("images 'x'"));
  EXPECT_THAT(npz({}), HasSubstr("found: nothing"));
  EXPECT_THAT(npz({{"x", x}, {"y", npy("|u1", {3}, "abc")}}), HasSubstr("2 images, but 3 labels"));
  EXPECT_THAT(npz({{"x", npy("<f8", {1, 1}, std::string(8, '\0'))}, {"y", y}}),
              AllOf(HasSubstr("'x'"), HasSubstr("float64"), HasSubstr("expected uint8")));
  EXPECT_THAT(npz({{"x", npy("<i4", {1, 1}, std::string(4, '\0'))}, {"y", y}}), HasSubstr("int32"));
  EXPECT_THAT(npz({{"x", npy("|u1", {}, "a")}, {"y", y}}), HasSubstr("(N, height, width, channels)"));
  EXPECT_THAT(npz({{"x", npy("|u1", {0, 4}, "")}, {"y", npy("|u1", {0}, "")}}), HasSubstr("no images"));
  EXPECT_THAT(npz({{"x", x}, {"y", npy("|u1", {2, 2}, "abab")}}), HasSubstr("one-hot"));
  EXPECT_THAT(
      npz({{"x", x}, {"y", npy("<f4", {2}, std::string(8, '\0'))}}),
      HasSubstr("float32, expected integers (class numbers from 0); store them as y.astype(np.int64)"));
  EXPECT_THAT(
      npz({{"x", x}, {"y", npy("<f4", {2}, std::string("\0\0\0\0\0\0\0\x3f", 8))}}),
      HasSubstr("expected integers (class numbers from 0); label 0.5 of image 1 (from 0) is no class"));
  EXPECT_THAT(npz({{"x", x}, {"y", npy("<f4", {2, 2}, std::string(16, '\0'))}}), HasSubstr("argmax"));
  EXPECT_THAT(npz({{"x", x}, {"y", npy("|b1", {2}, "\1\1")}}), HasSubstr("type bool, expected integers"));
  EXPECT_THAT(npz({{"x", x}, {"y", npy("|S1", {2}, "ab")}}), HasSubstr("type text, expected integers"));
  EXPECT_THAT(npz({{"x", x}, {"y", npy("|u1", {1, 2}, "ab")}}), HasSubstr("y.reshape(-1)"));
  EXPECT_THAT(npz({{"x", x}, {"y", npy("|i1", {2}, "\x01\xFF")}}),
              AllOf(HasSubstr("label -1 of image 1"), HasSubstr("(y + 1) // 2")));
  EXPECT_THAT(npz({{"x", npy("|u1", {3, 1}, "abc")}, {"y", npy("|i1", {3}, "\x01\xFF\x05")}}),
              AllOf(HasSubstr("label -1 of image 1"), Not(HasSubstr("// 2"))));
  EXPECT_THAT(npz({{"x", x}, {"y", npy("<i8", {2}, std::string(15, '\0') + "\x40")}}),
              HasSubstr("no class number"));
  EXPECT_THAT(npz({{"x", x}, {"y", npy("<u8", {2}, std::string(15, '\0') + "\x80")}}), HasSubstr("2^63"));
  EXPECT_THAT(npz({{"x", x}, {"y", "no array"}}), HasSubstr("a.npz"));
  EXPECT_THAT(refusal("", folder_.write("lone.npy", x)), HasSubstr("a folder with x.npy and y.npy"));
  folder_.write("half/x.npy", x);
  EXPECT_THAT(refusal("", folder_ / "half"), HasSubstr("y.npy: missing"));
}

TEST_F(Load, OtherNamesAreRefusedWithTheLineThatRenamesThem) {
  const std::string x = npy("|u1", {2, 1, 1}, "ab");
  const std::string y = npy("|u1", {2}, "ab");
  const std::string file = folder_ / "a.npz";
  const auto message = [&](const std::map<std::string, std::string>& arrays,
                           std::vector<std::string> inputs) {
    folder_.write("a.npz", npz_bytes(arrays));
    return refusal("", file, std::move(inputs));
  };
  const std::string load = "; rename them: z = np.load('" + file + "'); np.savez('renamed.npz', ";
  EXPECT_THAT(message({{"a", x}, {"b", y}}, {}), HasSubstr(load + "x=z['a'], y=z['b'])"));
  EXPECT_THAT(message({{"a", y}, {"b", x}}, {"in"}), HasSubstr(load + "x=z['b'], y=z['a'])"));
  EXPECT_THAT(message({{"x", x}, {"y_test", y}}, {"in"}), HasSubstr(load + "x=z['x'], y=z['y_test'])"));
  EXPECT_THAT(message({{"x", x}, {"other", y}}, {"in"}), HasSubstr(load + "x=z['x'], y=z['other'])"));
  EXPECT_THAT(message({{"other", x}, {"labels", y}}, {"in"}),
              HasSubstr(load + "x=z['other'], y=z['labels'])"));
  EXPECT_THAT(message({{"a", x}, {"b", x}, {"y", y}}, {"in"}),
              HasSubstr(load + "x=z['NAME'], y=z['y']), NAME being the array that is meant"));
  EXPECT_THAT(message({{"left", x}, {"right", x}, {"y_test", y}}, {"left", "right"}),
              HasSubstr(load + "left=z['left'], right=z['right'], y=z['y_test'])"));
  EXPECT_THAT(message({{"left", x}, {"r", x}, {"y", y}}, {"left", "a/b"}),
              HasSubstr(load + "left=z['left'], **{'a/b': z['r']}, y=z['y'])"));
  EXPECT_THAT(message({{"a", x}, {"b", x}, {"c", y}}, {"left", "right"}),
              HasSubstr(load + "left=z['NAME'], right=z['NAME'], y=z['c']), NAME being"));
  EXPECT_THAT(message({{"image", x}, {"label", x}, {"target", y}}, {"image", "label"}),
              HasSubstr(load + "image=z['image'], label=z['label'], y=z['target'])"));
  EXPECT_THAT(message({{"x", x}, {"x_test", x}}, {"in"}), Not(HasSubstr("rename")));
  EXPECT_THAT(message({{"left", x}, {"right", npy("<i4", {2, 1}, std::string(8, '\0'))}, {"y", y}},
                      {"left", "right"}),
              HasSubstr("store it as right.astype(np.float32) or right.astype(np.uint8)"));
}

TEST_F(Load, NothingFoundNamesEveryPlaceAndTheRemedy) {
  EXPECT_THAT(refusal("CIFAR10"),
              AllOf(HasSubstr("./datasets/CIFAR10"), HasSubstr((folder_ / "home") + "/.keras/datasets"),
                    HasSubstr("cifar-10-batches-py/test_batch"),
                    HasSubstr("cifar-10-batches-bin/test_batch.bin"), HasSubstr("cifar-10-python.tar.gz"),
                    HasSubstr("x.npy"), HasSubstr("tf_injector download CIFAR10"), HasSubstr("`data`")));
  std::filesystem::create_directories(folder_ / "empty");
  EXPECT_THAT(refusal("CIFAR100", folder_ / "empty"),
              AllOf(HasSubstr("empty"), HasSubstr("cifar-100-python/test")));
  EXPECT_THAT(refusal("", folder_ / "empty"),
              AllOf(HasSubstr("empty"), HasSubstr("CIFAR10"), HasSubstr(".npz")));
  EXPECT_THAT(refusal("CIFAR10", "not/there"), HasSubstr("not/there: no such file or folder"));
  EXPECT_THAT(refusal("", "not/there"), HasSubstr("no such file or folder"));
  EXPECT_THAT(refusal(""), HasSubstr("`data`"));
  EXPECT_THAT(refusal("MNIST"), AllOf(HasSubstr("'MNIST'"), HasSubstr("CIFAR10, CIFAR100")));
  const std::string note = folder_.write("notes.txt", "hello");
  EXPECT_THAT(refusal("CIFAR10", note), HasSubstr(note));
  EXPECT_THAT(refusal("", note), HasSubstr(note));
}

TEST_F(Load, ARemarkStandsInTheMessage) {
  NamedSet set = named_set("CIFAR10");
  set.remark = [](const std::string& place) { return place.starts_with("./") ? "a snapshot is there" : ""; };
  LoadOptions options;
  options.allow_download = false;
  const auto message = [&] {
    try {
      static_cast<void>(load_named(set, options));
    } catch (const DatasetError& error) {
      return std::string(error.what());
    }
    return std::string("not refused");
  };
  EXPECT_THAT(message(), HasSubstr("; a snapshot is there; fetch it"));
  std::filesystem::create_directories(folder_ / "empty");
  options.path = "./empty";
  EXPECT_THAT(message(), HasSubstr("; a snapshot is there; looked for"));
}

TEST_F(Load, TheSnapshotOfThePythonToolAsAPathNamesTheCommandThatMendsIt) {
  const std::string place = folder_ / "datasets/GTSRB";
  std::filesystem::create_directories(place + "/GTSRB_keras");
  EXPECT_THAT(refusal("GTSRB", place),
              AllOf(HasSubstr("holds the Python tool's tf.data snapshot, which is not read"),
                    HasSubstr("'tf_injector download GTSRB --to " + place + "' fetches it")));
}

// Keras' folder is not the set's own: arrays in it belong to nobody knows what.
TEST_F(Load, ArraysInKerasFolderAreLeftAlone) {
  folder_.write("home/.keras/datasets/x.npy", npy("|u1", {1, 1}, "a"));
  folder_.write("home/.keras/datasets/y.npy", npy("|u1", {1}, "a"));
  EXPECT_THAT(refusal("CIFAR10"), HasSubstr("no test set found"));
  folder_.write("datasets/CIFAR10/x.npy", npy("|u1", {1, 1}, "a"));
  folder_.write("datasets/CIFAR10/y.npy", npy("|u1", {1}, "b"));
  EXPECT_EQ(load("CIFAR10").labels, std::vector<int32_t>{'b'});
}

// A path that is given is the only place: other data must not be taken in its stead.
TEST_F(Load, AGivenPathIsNotReplacedByTheSearch) {
  folder_.write("datasets/CIFAR10/test_batch", example_pickle("python2_cifar10"));
  std::filesystem::create_directories(folder_ / "empty");
  EXPECT_THAT(refusal("CIFAR10", folder_ / "empty"),
              AllOf(HasSubstr("holds no CIFAR10 test set"),
                    HasSubstr("'tf_injector download CIFAR10 --to " + (folder_ / "empty") + "'")));
}

TEST_F(Load, DamagedArchivesAreNamed) {
  const std::string archive = archive_of("cifar-10-batches-py/test_batch", example_pickle("python2_cifar10"));
  folder_.write("datasets/CIFAR10/cifar-10-python.tar.gz", archive.substr(0, archive.size() / 2));
  EXPECT_THAT(refusal("CIFAR10"), HasSubstr("./datasets/CIFAR10/cifar-10-python.tar.gz: damaged"));
  folder_.write("datasets/CIFAR10/cifar-10-python.tar.gz", "<html>not here</html>");
  EXPECT_THAT(refusal("CIFAR10"), HasSubstr("no gzip file"));
  folder_.write("datasets/CIFAR10/cifar-10-python.tar.gz", archive_of("other", "x"));
  EXPECT_THAT(refusal("CIFAR10"), HasSubstr("no 'test_batch'"));
  folder_.write("datasets/CIFAR10/cifar-10-python.tar.gz", archive_of("d/test_batch", "x"));
  EXPECT_THAT(refusal("CIFAR10"), AllOf(HasSubstr("member 'd/test_batch'"), HasSubstr("no Python pickle")));
  EXPECT_THAT(refusal("CIFAR100", "datasets/CIFAR10/cifar-10-python.tar.gz"),
              HasSubstr("no CIFAR100 test set"));
}

TEST(DatasetTable, AddressesAndHashesAreComplete) {
  for (const NamedSet& set : dataset_table()) {
    SCOPED_TRACE(set.name);
    EXPECT_FALSE(set.files.empty());
    EXPECT_FALSE(set.downloads.empty());
    for (const DownloadFile& file : set.downloads) {
      EXPECT_THAT(file.address, testing::StartsWith("https://"));
      EXPECT_THAT(file.address, testing::EndsWith("/" + file.name));
      EXPECT_EQ(file.hash.size(), file.hash_kind == HashKind::sha256 ? 64u : 32u);
      EXPECT_EQ(file.hash.find_first_not_of("0123456789abcdef"), std::string::npos);
    }
  }
}

}  // namespace
}  // namespace tf_injector::detail::data
