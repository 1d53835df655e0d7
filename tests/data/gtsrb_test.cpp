// Small test sets made here, in every layout, and broken in every way; the sample of official images where
// ../shared/data is.
#include "data/gtsrb/gtsrb.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "data/gtsrb/resize_pillow.hpp"
#include "data/gtsrb/resize_tensorflow.hpp"
#include "data/made_image.hpp"
#include "data/stored_zip.hpp"
#include "io/file.hpp"
#include "io/npy.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail::data {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

constexpr size_t kElements = 50 * 50 * 3;
constexpr const char* kImagesZip = "GTSRB_Final_Test_Images.zip";
constexpr const char* kLabelsZip = "GTSRB_Final_Test_GT.zip";
const std::string kHeader = "Filename;Width;Height;Roi.X1;Roi.Y1;Roi.X2;Roi.Y2;ClassId\n";
const std::string kRows =
    "00002.ppm;1;1;0;0;0;0;42\r\n00000.ppm;53;54;6;5;48;49;16\r\n00001.ppm;1;1;0;0;0;0;0\r\n";

const std::vector<RgbImage>& made_images() {
  static const std::vector<RgbImage> images{test::made_image(0, 53, 54), test::made_image(1, 31, 50),
                                            test::made_image(2, 120, 97)};
  return images;
}

std::string file_name(size_t i) { return "0000" + std::to_string(i) + ".ppm"; }

std::string images_zip(const std::string& folder = "GTSRB/Final_Test/Images/") {
  std::vector<std::pair<std::string, std::string>> members{{"GTSRB/Readme-Images-Final-test.txt", "text"}};
  for (size_t i = made_images().size(); i-- > 0;) {
    members.emplace_back(folder + file_name(i), test::ppm_text(made_images()[i]));
  }
  return test::stored_zip(members);
}

std::string labels_zip() { return test::stored_zip({{"GT-final_test.csv", kHeader + kRows}}); }

class Gtsrb : public testing::Test {
 protected:
  Gtsrb() : root_(fs::path(testing::TempDir()) / ("gtsrb_" + test_name())) {
    fs::remove_all(root_);
    fs::create_directories(root_);
  }
  ~Gtsrb() override {
    std::error_code ignored;
    fs::remove_all(root_, ignored);
  }
  static std::string test_name() { return testing::UnitTest::GetInstance()->current_test_info()->name(); }

  [[nodiscard]] std::string path(const std::string& relative = "") const {
    return relative.empty() ? root_.string() : (root_ / relative).string();
  }
  void write(const std::string& relative, const std::string& bytes) const {
    fs::create_directories((root_ / relative).parent_path());
    std::ofstream(root_ / relative, std::ios::binary) << bytes;
  }
  void write_images(const std::string& folder) const {
    for (size_t i = 0; i < made_images().size(); ++i)
      write(folder + "/" + file_name(i), test::ppm_text(made_images()[i]));
  }
  void write_unpacked(const std::string& below = "") const {
    write_images(below + "GTSRB/Final_Test/Images");
    write(below + "GT-final_test.csv", kHeader + kRows);
  }
  [[nodiscard]] std::string problem_of(const std::string& relative = "") const {
    try {
      static_cast<void>(load_gtsrb(path(relative), "pillow"));
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::bad_input);
      return error.what();
    }
    return "none";
  }
  void expect_whole_set(const std::string& relative) const {
    EXPECT_TRUE(gtsrb_in(path(relative))) << relative;
    const Dataset set = load_gtsrb(path(relative), "pillow");
    EXPECT_THAT(set.labels, ElementsAre(16, 0, 42)) << relative;
    ASSERT_EQ(set.inputs.size(), 1u);
    std::vector<uint8_t> expected(3 * kElements);
    for (size_t i = 0; i < 3; ++i) {
      resize_pillow(made_images()[i], 50, 50, std::span(expected).subspan(i * kElements, kElements));
    }
    EXPECT_TRUE(set.inputs[0].bytes == expected) << relative;
  }

  fs::path root_;
};

TEST_F(Gtsrb, GivesImagesInTheOrderOfTheirNamesWithTheLabelsOfTheirNames) {
  write_unpacked();
  const Dataset set = load_gtsrb(path(), "pillow");
  EXPECT_EQ(set.name, "GTSRB");
  EXPECT_EQ(set.source, path("GTSRB/Final_Test/Images"));
  ASSERT_EQ(set.inputs.size(), 1u);
  EXPECT_EQ(set.inputs[0].name, "");
  EXPECT_THAT(set.inputs[0].shape, ElementsAre(50, 50, 3));
  EXPECT_FALSE(set.inputs[0].is_float);
  EXPECT_FALSE(set.inputs[0].needs_preprocessing);
  EXPECT_TRUE(set.inputs[0].floats.empty());
  expect_whole_set("");
}

TEST_F(Gtsrb, ResizedAsTensorflowDoesItIsFloatAndStillToBePreprocessed) {
  write_unpacked();
  const Dataset set = load_gtsrb(path(), "tensorflow");
  EXPECT_THAT(set.labels, ElementsAre(16, 0, 42));
  EXPECT_TRUE(set.inputs[0].is_float);
  EXPECT_TRUE(set.inputs[0].needs_preprocessing);
  EXPECT_TRUE(set.inputs[0].bytes.empty());
  std::vector<float> expected(3 * kElements);
  for (size_t i = 0; i < 3; ++i) {
    resize_tensorflow(made_images()[i], 50, 50, std::span(expected).subspan(i * kElements, kElements));
  }
  EXPECT_TRUE(set.inputs[0].floats == expected);
  EXPECT_GT(*std::max_element(expected.begin(), expected.end()), 128.0f);  // 0..255, not 0..1
}

TEST_F(Gtsrb, RefusesAnotherResize) {
  write_unpacked();
  EXPECT_THROW(static_cast<void>(load_gtsrb(path(), "lanczos")), Error);
}

TEST_F(Gtsrb, IsFoundUnpackedFromEveryFolderOnTheWay) {
  write_unpacked("datasets/GTSRB/");
  for (const char* folder :
       {"datasets", "datasets/GTSRB", "datasets/GTSRB/GTSRB", "datasets/GTSRB/GTSRB/Final_Test",
        "datasets/GTSRB/GTSRB/Final_Test/Images", "datasets/GTSRB/"}) {
    expect_whole_set(folder);
  }
}

TEST_F(Gtsrb, IsFoundInTorchvisionsLayout) {
  write_unpacked("root/gtsrb/");
  expect_whole_set("root");
  expect_whole_set("root/gtsrb");
}

TEST_F(Gtsrb, GroundTruthMayLieBesideTheImagesOrBePacked) {
  write_images("a/GTSRB/Final_Test/Images");
  write("a/GTSRB/Final_Test/Images/GT-final_test.csv", kHeader + kRows);
  write("a/GTSRB/Final_Test/Images/GT-final_test.test.csv", "Filename;Width\n");  // official, without classes
  expect_whole_set("a");
  write_images("b/GTSRB/Final_Test/Images");
  write(std::string("b/") + kLabelsZip, labels_zip());
  expect_whole_set("b");
  write_images("c");
  write("c/GT-final_test.csv", kHeader + kRows);
  expect_whole_set("c");
}

TEST_F(Gtsrb, IsReadFromTheOfficialZips) {
  write(std::string("set/GTSRB/") + kImagesZip, images_zip());
  write(std::string("set/GTSRB/") + kLabelsZip, labels_zip());
  expect_whole_set("set");
  expect_whole_set("set/GTSRB");
  expect_whole_set(std::string("set/GTSRB/") + kImagesZip);
  expect_whole_set(std::string("set/GTSRB/") + kLabelsZip);
}

TEST_F(Gtsrb, IsReadFromTheZipOfTheImagesAndTheUnpackedGroundTruth) {
  write(kImagesZip, images_zip("Images/"));
  write("GT-final_test.csv", kHeader + kRows);
  expect_whole_set("");
}

TEST_F(Gtsrb, HiddenFilesAreNoImages) {
  write_unpacked();
  write("GTSRB/Final_Test/Images/._00000.ppm", "what macOS leaves behind");
  fs::create_directories(root_ / "GTSRB/Final_Test/Images/folder.ppm");
  expect_whole_set("");
}

TEST_F(Gtsrb, NothingThereSaysWhatIsWanted) {
  EXPECT_FALSE(gtsrb_in(path()));
  EXPECT_FALSE(gtsrb_in(path("missing")));
  EXPECT_FALSE(only_gtsrb_snapshot_in(path()));
  EXPECT_THAT(problem_of(),
              AllOf(StartsWith(path() + ": no GTSRB test images; expected GTSRB_Final_Test_Images.zip"),
                    HasSubstr("GT-final_test.csv")));
  EXPECT_THAT(problem_of("missing"), HasSubstr("no GTSRB test images"));
}

TEST_F(Gtsrb, TheSnapshotOfThePythonToolSaysWhatToPutWhere) {
  write("GTSRB/GTSRB_keras/dataset_spec.pb", "x");
  EXPECT_FALSE(gtsrb_in(path("GTSRB")));
  EXPECT_TRUE(only_gtsrb_snapshot_in(path("GTSRB")));
  EXPECT_THAT(problem_of("GTSRB"),
              AllOf(StartsWith(path("GTSRB/GTSRB_keras") + ": is the Python tool's tf.data snapshot"),
                    HasSubstr("GTSRB_Final_Test_GT.zip"), EndsWith("into " + path("GTSRB"))));
  write_unpacked("GTSRB/");
  EXPECT_FALSE(only_gtsrb_snapshot_in(path("GTSRB")));
  expect_whole_set("GTSRB");
}

TEST_F(Gtsrb, ImagesWithoutGroundTruthSayWhatIsMissing) {
  write_images("GTSRB/Final_Test/Images");
  EXPECT_TRUE(gtsrb_in(path()));
  EXPECT_EQ(problem_of(),
            path("GTSRB/Final_Test/Images") +
                ": the images are here, their ground truth is not; put GTSRB_Final_Test_GT.zip or "
                "GT-final_test.csv into " +
                path());
}

TEST_F(Gtsrb, AllProblemsOfTheGroundTruthAreToldAtOnce) {
  write_images(".");
  write("GT-final_test.csv", kHeader +
                                 "00000.ppm;1;1;0;0;0;0;43\n"
                                 "00001.ppm;1;1;0;0;0;0\n"
                                 "00003.ppm;1;1;0;0;0;0;1\n"
                                 "00000.ppm;1;1;0;0;0;0; 1\n"
                                 "00002.ppm;1;1;0;0;0;0;-1\n"
                                 "00004.ppm;1;1;0;0;0;0;1\"\n");
  const std::string csv = path("GT-final_test.csv");
  EXPECT_EQ(problem_of(), csv + ":7:24: quote inside a field that does not start with one\n" +  //
                              csv + ":2:23: class '43'; expected 0..42\n" +                     //
                              csv + ":3:1: 7 fields; expected 8, as in the header\n" +          //
                              csv + ":5:23: class ' 1'; expected 0..42\n" +                     //
                              csv + ":5:1: '00000.ppm' is in line 2 already\n" +                //
                              csv + ":6:23: class '-1'; expected 0..42\n" +                     //
                              csv + ":4:1: no image '00003.ppm' in " + path() + "\n" +          //
                              path("00001.ppm") + ": has no row in " + csv);
}

TEST_F(Gtsrb, AtMostAHundredProblemsAreTold) {
  write_images(".");
  std::string rows;
  for (int i = 100; i < 350; ++i) rows += "00" + std::to_string(i) + ".ppm;1;1;0;0;0;0;1\n";
  write("GT-final_test.csv", kHeader + kRows + rows);
  const std::string problem = problem_of();
  EXPECT_EQ(std::count(problem.begin(), problem.end(), '\n'), 100);
  EXPECT_THAT(problem, EndsWith("\n... and 150 more"));
}

TEST_F(Gtsrb, AHeaderWithoutClassesIsToldOnce) {
  write_images(".");
  write("GT-final_test.csv", "Filename,ClassId\n00000.ppm,1\n");
  EXPECT_EQ(problem_of(), path("GT-final_test.csv") +
                              ":1:1: no header with Filename and ClassId; expected "
                              "Filename;Width;Height;Roi.X1;Roi.Y1;Roi.X2;Roi.Y2;ClassId");
  write("GT-final_test.csv", "");
  EXPECT_THAT(problem_of(), HasSubstr("no rows; expected the header"));
}

TEST_F(Gtsrb, AllDamagedImagesAreToldAtOnce) {
  write_unpacked();
  write("GTSRB/Final_Test/Images/00000.ppm", "GIF");
  write("GTSRB/Final_Test/Images/00002.ppm", "P6\n9 9\n255\n");
  EXPECT_THAT(problem_of(),
              AllOf(StartsWith(path("GTSRB/Final_Test/Images/00000.ppm") + ": starts with 'GIF'"),
                    HasSubstr("\n" + path("GTSRB/Final_Test/Images/00002.ppm") + ": 0 bytes of samples")));
}

TEST_F(Gtsrb, DamagedZipsNameTheFile) {
  write(kLabelsZip, labels_zip());
  const std::string zip = images_zip();
  write(kImagesZip, zip.substr(0, zip.size() / 2));
  EXPECT_THAT(problem_of(), AllOf(StartsWith(path(kImagesZip)), HasSubstr("was it copied completely?")));
  write(kImagesZip, test::stored_zip({{"readme.txt", "x"}}));
  EXPECT_EQ(problem_of(), path(kImagesZip) + ": holds no .ppm images");
  write(kImagesZip, test::stored_zip({{"a/1.ppm", "x"}, {"b/1.ppm", "x"}}));
  EXPECT_EQ(problem_of(), path(kImagesZip) + ": holds two images '1.ppm'");
  write(kImagesZip, zip);
  write(kLabelsZip, test::stored_zip({{"GT-final_test.test.csv", "x"}}));
  EXPECT_THAT(problem_of(), StartsWith(path(kLabelsZip) + ": holds no GT-final_test.csv"));
}

// Loads after each change; what comes back is a data set of three images, or one of our errors.
void expect_read_or_refused(const std::string& folder) {
  try {
    const Dataset set = load_gtsrb(folder, "pillow");
    EXPECT_EQ(set.inputs[0].bytes.size(), set.labels.size() * kElements);
    for (const int32_t label : set.labels) EXPECT_TRUE(label >= 0 && label < 43);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::bad_input);
    EXPECT_STRNE(error.what(), "");
  }
}

TEST_F(Gtsrb, ChangedAndCutFilesAreReadOrRefused) {
  write(kImagesZip, images_zip());
  write(kLabelsZip, labels_zip());
  write_unpacked("unpacked/");
  std::mt19937 rng(7);
  for (const std::string file :
       {kImagesZip, kLabelsZip, "unpacked/GT-final_test.csv", "unpacked/GTSRB/Final_Test/Images/00001.ppm"}) {
    const std::string whole = read_text(path(file));
    // Headers are where the danger is: half of the changes are at the beginning, or in a zip's directory at
    // the end.
    const size_t near = std::min<size_t>(whole.size(), 400);
    for (int round = 0; round < 300; ++round) {
      std::string changed = whole;
      for (int flips = 1 + static_cast<int>(rng() % 4); flips > 0; --flips) {
        const size_t places[] = {rng() % whole.size(), rng() % near, whole.size() - 1 - rng() % near};
        changed[places[rng() % 3]] ^= static_cast<char>(1 << rng() % 8);
      }
      if (round % 10 == 0) changed.resize(rng() % whole.size());
      write(file, changed);
      expect_read_or_refused(path(fs::path(file).has_parent_path() ? "unpacked" : ""));
    }
    write(file, whole);
  }
  expect_whole_set("unpacked");
  expect_whole_set("");
}

// Images of the official set, re-encoded, and what Pillow makes of them.
TEST(GtsrbSample, EqualsPillow) {
  const std::string folder = std::string(TFI_TEST_DIR) + "/../../shared/data/gtsrb_sample";
  if (!file_exists(folder + "/resized_50x50.npz")) GTEST_SKIP() << "../shared/data/gtsrb_sample is not there";
  const std::map<std::string, NpyArray> expected = read_npz(folder + "/resized_50x50.npz");
  const Dataset set = load_gtsrb(folder, "pillow");
  EXPECT_EQ(set.size(), 101u);
  EXPECT_THAT(expected.at("x").shape, ElementsAre(101, 50, 50, 3));
  EXPECT_TRUE(set.inputs[0].bytes == expected.at("x").bytes);
  EXPECT_EQ(set.labels[0], 16);    // 00000.ppm
  EXPECT_EQ(set.labels[1], 10);    // 00126.ppm
  EXPECT_EQ(set.labels[100], 35);  // 12600.ppm
}

}  // namespace
}  // namespace tf_injector::detail::data
