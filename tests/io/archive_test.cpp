// Arrays, archives and hashes: facts by hand, and damaged files. The comparison with NumPy, zipfile, h5py and
// hashlib is in tests/oracle.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <random>

#include "core/bits.hpp"
#include "io/file.hpp"
#include "io/hdf5/hdf5_file.hpp"
#include "io/npy.hpp"
#include "io/sha256.hpp"
#include "io/zip_archive.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail {
namespace {

using testing::HasSubstr;

std::span<const uint8_t> as_bytes(const std::string& text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

std::string temporary(const std::string& name, const std::string& content) {
  std::string path = testing::TempDir() + "tfi_archive_" + std::to_string(::getpid()) + "_" + name;
  std::ofstream(path, std::ios::binary) << content;
  return path;
}

// FIPS 180-2, appendix B.
TEST(Sha256, KnownDigests) {
  EXPECT_EQ(sha256_of("abc", 3), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256_of("", 0), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  const std::string path = temporary("million", std::string(1'000'000, 'a'));
  EXPECT_EQ(sha256_of_file(path), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
  std::filesystem::remove(path);
}

TEST(Sha256, PiecesAreTheWholeAndADigestMayGoOn) {
  Sha256 hash;
  hash.update("a", 1);
  const Sha256 copy(hash);
  EXPECT_EQ(hash.hex(), sha256_of("a", 1));
  hash.update("bc", 2);
  EXPECT_EQ(hash.hex(), sha256_of("abc", 3));
  EXPECT_EQ(hash.hex(), sha256_of("abc", 3));
  EXPECT_EQ(copy.hex(), sha256_of("a", 1));
}

TEST(Sha256, UnreadableFilesAreNamed) {
  try {
    (void)sha256_of_file("/none/file");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::bad_input);
    EXPECT_STREQ(error.what(), "cannot read '/none/file': No such file or directory");
  }
  EXPECT_THROW((void)sha256_of_file(testing::TempDir()), Error);
}

TEST(Npy, HeaderIsNumpysByteForByte) {
  // np.save of np.zeros((2, 3), np.float32)
  const int64_t shape[] = {2, 3};
  const std::string expected = std::string("\x93NUMPY\x01\x00v\x00", 10) +
                               "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }" +
                               std::string(128 - 10 - 59 - 1, ' ') + "\n";
  EXPECT_EQ(npy_header("<f4", shape), expected);
}

TEST(Npy, MatrixThereAndBack) {
  const std::vector<float> values{1.5f, -0.0f, bits_float(0xFFC00000), bits_float(0x7F800001), 1e-45f, 3e38f};
  const NpyArray array = parse_npy(as_bytes(npy_bytes(values, 3, 2)), "a");
  EXPECT_EQ(array.shape, (std::vector<int64_t>{3, 2}));
  EXPECT_EQ(array.elements(), 6);
  const std::vector<float> back = array.to_float32();
  ASSERT_EQ(back.size(), values.size());
  EXPECT_EQ(std::memcmp(back.data(), values.data(), values.size() * sizeof(float)), 0);
  EXPECT_THROW((void)npy_bytes(values, 2, 2), Error);
  EXPECT_THROW((void)npy_bytes(values, -3, -2), Error);
}

TEST(Npy, AnEmptyArrayMayHaveAnyOtherDimension) {
  const int64_t shape[] = {int64_t{1} << 62, int64_t{1} << 62, 0};
  const NpyArray array = parse_npy(as_bytes(npy_header("<f4", shape)), "a");
  EXPECT_EQ(array.elements(), 0);
  EXPECT_TRUE(array.to_float32().empty());
}

TEST(Npz, MembersThereAndBack) {
  const std::vector<float> values{1, 2, 3};
  const std::string path =
      temporary("npz", npz_bytes({{"scores", npy_bytes(values, 1, 3)}, {"index", npy_bytes(values, 3, 1)}}));
  const auto arrays = read_npz(path);
  ASSERT_EQ(arrays.size(), 2u);
  EXPECT_EQ(arrays.at("scores").shape, (std::vector<int64_t>{1, 3}));
  EXPECT_EQ(arrays.at("index").to_float32(), values);
  EXPECT_EQ(npz_bytes({}).size(), 22u);  // the end record alone
  std::filesystem::remove(path);
}

TEST(Zip, SignatureDecides) {
  const std::string zip = temporary("zip", npz_bytes({})), text = temporary("text", "PK and more"),
                    hdf5 = temporary("hdf5", "\x89HDF\r\n\x1a\n");
  EXPECT_TRUE(ZipArchive::is_zip(zip));
  EXPECT_FALSE(ZipArchive::is_zip(text));
  EXPECT_FALSE(ZipArchive::is_zip("/none/file"));
  EXPECT_FALSE(ZipArchive::is_zip(testing::TempDir()));
  EXPECT_TRUE(ZipArchive::is_zip(read_bytes(zip)));
  EXPECT_FALSE(ZipArchive::is_zip(read_bytes(text)));
  EXPECT_FALSE(ZipArchive::is_zip(std::vector<uint8_t>{'P', 'K'}));
  EXPECT_TRUE(Hdf5File::is_hdf5(read_bytes(hdf5)));
  EXPECT_FALSE(Hdf5File::is_hdf5(read_bytes(zip)));
  EXPECT_FALSE(Hdf5File::is_hdf5({}));
  for (const std::string& path : {zip, text, hdf5}) std::filesystem::remove(path);
}

TEST(Hdf5, WhatIsNoFileIsRefusedWithItsLabel) {
  for (const std::string text : {"", "hello", "\x89HDF\r\n\x1a\n"}) {
    try {
      const Hdf5File file({text.begin(), text.end()}, "model.h5");
      FAIL();
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::bad_input);
      EXPECT_TRUE(std::string_view(error.what())
                      .starts_with("model.h5: not an HDF5 file, or a damaged or truncated one"))
          << error.what();
    }
  }
}

// One to three bytes changed, or the end missing.
std::string damaged(std::mt19937& rng, std::string bytes) {
  if (rng() % 8 == 0) bytes.resize(rng() % bytes.size());
  for (size_t n = rng() % 3 + 1; n > 0 && !bytes.empty(); --n) {
    char& byte = bytes[rng() % bytes.size()];
    byte = static_cast<char>(rng() % 2 == 0 ? byte ^ 1 << rng() % 8 : rng());
  }
  return bytes;
}

// Only Error(bad_input) may come out.
void expect_refused_or_read(std::mt19937& rng, int files, const std::string& good,
                            const std::function<void(const std::string&)>& read) {
  int refused = 0;
  for (int i = 0; i < files; ++i) {
    const std::string bytes = damaged(rng, good);
    try {
      read(bytes);
    } catch (const Error& error) {
      ASSERT_EQ(error.kind(), ErrorKind::bad_input);
      ASSERT_EQ(std::string_view(error.what()).find('\n'), std::string_view::npos);
      ++refused;
    }
  }
  EXPECT_GT(refused, 100);
}

TEST(DamagedFiles, Npy) {
  std::mt19937 rng(1);
  const std::vector<float> values(12, 1.0f);
  expect_refused_or_read(rng, 5000, npy_bytes(values, 3, 4), [](const std::string& bytes) {
    const NpyArray array = parse_npy(as_bytes(bytes), "a");
    EXPECT_GE(array.elements(), 0);
    (void)array.to_float32();
  });
}

TEST(DamagedFiles, Npz) {
  std::mt19937 rng(2);
  const std::vector<float> values(12, 1.0f);
  const std::string good = npz_bytes({{"x", npy_bytes(values, 3, 4)}, {"y", npy_bytes(values, 12, 1)}});
  const std::string path = temporary("damaged", "");
  expect_refused_or_read(rng, 500, good, [&](const std::string& bytes) {
    std::ofstream(path, std::ios::binary) << bytes;
    for (const auto& [name, array] : read_npz(path)) {
      // The CRC of each member holds: what is read is what was written.
      EXPECT_EQ(array.bytes.size(), 48u) << name;
    }
  });
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace tf_injector::detail
