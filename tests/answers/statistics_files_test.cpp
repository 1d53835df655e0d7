#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "answers/made_up_statistics.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

std::string text_of(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

class StatisticsFilesTest : public testing::Test {
 protected:
  void SetUp() override {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  [[nodiscard]] std::string in_folder(const std::string& name) const { return (folder_ / name).string(); }
  [[nodiscard]] size_t files_there() const {
    return static_cast<size_t>(std::distance(fs::recursive_directory_iterator(folder_), {}));
  }
  static ErrorKind refusal(const StatisticsFiles& files, const std::vector<std::string>& inputs = {}) {
    try {
      check_statistics_files(files, inputs);
    } catch (const Error& error) {
      return error.kind();
    }
    return ErrorKind::internal;
  }

  fs::path folder_ = fs::path(testing::TempDir()) / ("statistics_files_" + std::to_string(getpid()));
  ReportStatistics statistics_ = made_up_statistics(layer_names(3));
};

TEST_F(StatisticsFilesTest, EachIsWhatItsFunctionGives) {
  const StatisticsFiles files{
      .html = in_folder("new/r.html"), .json = in_folder("r.json"), .svg_folder = in_folder("pictures")};
  const std::vector<std::string> paths = write_statistics(statistics_, files);
  EXPECT_EQ(paths.size(), 6U);
  EXPECT_EQ(text_of(files.html), statistics_html(statistics_));
  EXPECT_EQ(text_of(files.json), statistics_json(statistics_));
  for (const Picture& picture : statistics_pictures(statistics_))
    EXPECT_EQ(text_of(files.svg_folder + "/" + picture.name + ".svg"), picture.svg);
  EXPECT_EQ(files_there(), 8U);  // with two folders
}

TEST_F(StatisticsFilesTest, NothingIsWrittenWhereAFileIsThere) {
  std::ofstream(in_folder("r.json")) << "mine";
  StatisticsFiles files{.html = in_folder("r.html"), .json = in_folder("r.json")};
  EXPECT_EQ(refusal(files), ErrorKind::output);
  EXPECT_THROW(write_statistics(statistics_, files), OutputError);
  EXPECT_EQ(files_there(), 1U);
  EXPECT_EQ(text_of(files.json), "mine");
  files.overwrite = true;
  write_statistics(statistics_, files);
  EXPECT_EQ(text_of(files.json), statistics_json(statistics_));
}

TEST_F(StatisticsFilesTest, APictureThatIsThereRefusesTheFolder) {
  fs::create_directories(in_folder("pictures"));
  std::ofstream(in_folder("pictures/other.svg")) << "mine";
  EXPECT_EQ(refusal({.svg_folder = in_folder("pictures")}), ErrorKind::internal);
  std::ofstream(in_folder("pictures/bits.svg")) << "mine";
  EXPECT_EQ(refusal({.svg_folder = in_folder("pictures")}), ErrorKind::output);
}

TEST_F(StatisticsFilesTest, TwoOutputsAreTwoFiles) {
  EXPECT_EQ(refusal({.html = in_folder("r"), .json = in_folder("./r")}), ErrorKind::usage);
  EXPECT_EQ(refusal({.html = "none", .json = "./none"}), ErrorKind::usage);
  EXPECT_EQ(refusal({.html = in_folder("p/bits.svg"), .svg_folder = in_folder("p")}), ErrorKind::usage);
  EXPECT_EQ(refusal({.html = in_folder("r.html"), .json = in_folder("r.json")}), ErrorKind::internal);
}

TEST_F(StatisticsFilesTest, NoInputIsWrittenOver) {
  const std::string report = in_folder("r.csv");
  std::ofstream(report) << "rows";
  fs::create_hard_link(report, in_folder("link"));
  for (const char* name : {"r.csv", "link"}) {
    EXPECT_EQ(refusal({.html = in_folder(name), .overwrite = true}, {report}), ErrorKind::usage) << name;
  }
  EXPECT_EQ(refusal({.json = in_folder("r.run.json"), .overwrite = true}, {in_folder("r.run.json")}),
            ErrorKind::usage);
}

TEST_F(StatisticsFilesTest, WhereNothingCanBeWrittenNothingStays) {
  std::ofstream(in_folder("file")) << "no folder";
  EXPECT_THROW(write_statistics(statistics_, {.html = in_folder("r.html"), .json = in_folder("file/r.json")}),
               OutputError);
  EXPECT_EQ(files_there(), 1U);
}

}  // namespace
}  // namespace tf_injector
