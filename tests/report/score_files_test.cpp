#include "report/score_files.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "campaign/campaign_fixture.hpp"
#include "io/npy.hpp"

namespace tf_injector::detail::test {
namespace {

class ScoreFilesTest : public FolderTest {
 protected:
  static uint64_t bytes_in(const std::string& folder) {
    uint64_t bytes = 0;
    for (const auto& entry : fs::directory_iterator(folder)) bytes += entry.file_size();
    return bytes;
  }
  const std::vector<float> golden_{1, 2, 3, 4, 5, 6};
  const std::vector<float> faulty_{1, 2, 3, -4, 5, bits_float(kCanonicalNan)};
};

TEST_F(ScoreFilesTest, ModeNoneWritesNothing) {
  const ScoreFiles files(path("s"), ScoreMode::none, 2, 3);
  files.require_space(1000);
  files.prepare();
  files.write_golden(golden_);
  files.write_fault(1, faulty_, golden_);
  EXPECT_FALSE(file_exists(path("s")));
  EXPECT_EQ(files.disk_bytes(1000), 0u);
}

TEST_F(ScoreFilesTest, ModeAllWritesWholeMatrices) {
  const ScoreFiles files(path("a/s"), ScoreMode::all, 2, 3);
  files.prepare();
  files.write_golden(golden_);
  files.write_fault(12, faulty_, golden_);
  EXPECT_EQ(read_text(path("a/s/clean.npy")), npy_bytes(golden_, 2, 3));
  EXPECT_EQ(read_text(path("a/s/inj_12.npy")), npy_bytes(faulty_, 2, 3));
  EXPECT_THAT(read_text(path("a/s/inj_12.npy")), testing::EndsWith(std::string("\0\0\xC0\xFF", 4)));
}

TEST_F(ScoreFilesTest, ModeChangedWritesTheRowsThatDifferInSomeBit) {
  const ScoreFiles files(path("s"), ScoreMode::changed, 2, 3);
  files.prepare();
  files.write_golden(golden_);
  files.write_fault(12, faulty_, golden_);
  files.write_fault(13, golden_, golden_);
  EXPECT_EQ(read_text(path("s/clean.npy")), npy_bytes(golden_, 2, 3));
  auto arrays = read_npz(path("s/inj_12.npz"));
  EXPECT_EQ(arrays.at("index").to_int64(), (std::vector<int64_t>{1}));
  EXPECT_EQ(arrays.at("scores").shape, (std::vector<int64_t>{1, 3}));
  EXPECT_EQ(float_bits(arrays.at("scores").to_float32()[2]), kCanonicalNan);
  arrays = read_npz(path("s/inj_13.npz"));
  EXPECT_EQ(arrays.at("index").shape, (std::vector<int64_t>{0}));
  EXPECT_EQ(arrays.at("scores").shape, (std::vector<int64_t>{0, 3}));
}

TEST_F(ScoreFilesTest, DiskBytesBoundWhatIsWritten) {
  const int64_t images = 700, classes = 10;
  const std::vector<float> golden(7000, 1.0f), faulty(7000, 2.0f);
  for (ScoreMode mode : {ScoreMode::all, ScoreMode::changed}) {
    const ScoreFiles files(path(score_mode_name(mode)), mode, images, classes);
    files.prepare();
    files.write_golden(golden);
    for (int64_t fault = 0; fault < 5; ++fault) files.write_fault(fault, faulty, golden);
    EXPECT_LE(bytes_in(files.folder()), files.disk_bytes(5));
    EXPECT_GE(bytes_in(files.folder()) + 6 * 4096, files.disk_bytes(5));
  }
}

TEST_F(ScoreFilesTest, WhatCannotFitIsRefused) {
  const ScoreFiles all(path("s/t"), ScoreMode::all, 1'000'000'000, 1000);
  try {
    all.require_space(1'000'000);  // 4 exabytes, and clean.npy
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::output);
    EXPECT_THAT(error.what(), testing::HasSubstr("the scores of 1000000 faults need 4000004 TB, "));
    EXPECT_THAT(error.what(), testing::HasSubstr("take `scores` changed"));
  }
  EXPECT_FALSE(file_exists(path("s")));
  ScoreFiles(path("s/t"), ScoreMode::changed, 1'000'000'000, 1000).require_space(1'000'000);
}

TEST_F(ScoreFilesTest, RemovesItsOwnFilesOnly) {
  for (const char* name : {"clean.npy", "scores.npy", "scores.index.csv", "inj_1.npy", "inj_22.npz",
                           "inj_.npy", "inj_x.npy", "inj_1.txt", "my.npy"})
    write_atomic(path(name), "x");
  remove_score_files(folder_);
  std::vector<std::string> left;
  for (const auto& entry : fs::directory_iterator(folder_)) left.push_back(entry.path().filename().string());
  EXPECT_THAT(left, testing::UnorderedElementsAre("inj_.npy", "inj_x.npy", "inj_1.txt", "my.npy"));
  remove_score_files(path("no such folder"));
}

}  // namespace
}  // namespace tf_injector::detail::test
