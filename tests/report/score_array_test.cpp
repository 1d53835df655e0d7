#include "report/score_array.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "campaign/campaign_fixture.hpp"
#include "core/bits.hpp"
#include "io/npy.hpp"

namespace tf_injector::detail::test {
namespace {

using testing::HasSubstr;

class ScoreArrayTest : public FolderTest {
 protected:
  ScoreArrayTest() {
    const int64_t index[] = {0, 0};
    for (const int64_t id : {-7, 1228}) faults_.add(id, "dense", index, 3);
  }
  template <typename Work>
  static std::string refusal(const Work& work) {
    try {
      work();
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::output);
      return error.what();
    }
    return "accepted";
  }
  const std::vector<float> golden_{1, 2, 3, 4, 5, 6};
  const std::vector<float> faulty_{1, 2, 3, -4, 5, bits_float(kCanonicalNan)};
  FaultTable faults_;
};

TEST_F(ScoreArrayTest, HoldsEveryPlaceAndSaysWhoseItIs) {
  ScoreArray array(folder_, faults_, 2, 3);
  EXPECT_FALSE(array.is_whole());
  array.begin(golden_, 0);
  EXPECT_TRUE(array.is_whole());
  array.write(2, faulty_);
  array.sync();
  const NpyArray found = read_npy(path("scores.npy"));
  EXPECT_EQ(found.dtype, "<f4");
  EXPECT_EQ(found.shape, (std::vector<int64_t>{3, 2, 3}));
  const std::vector<float> values = found.to_float32();
  EXPECT_EQ(std::vector<float>(values.begin(), values.begin() + 6), golden_);
  EXPECT_EQ(std::vector<float>(values.begin() + 6, values.begin() + 12), std::vector<float>(6));
  EXPECT_EQ(values[15], -4);
  EXPECT_EQ(float_bits(values[17]), kCanonicalNan);
  EXPECT_EQ(read_text(path("scores.index.csv")), "place,inj_id\r\n0,GOLDEN\r\n1,-7\r\n2,1228\r\n");
  EXPECT_EQ(read_text(path("scores.npy")).size(), array.bytes());
  std::vector<float> read(6);
  array.read(0, read);
  EXPECT_EQ(read, golden_);
}

TEST_F(ScoreArrayTest, GoesOnWithWhatIsThere) {
  {
    ScoreArray array(folder_, faults_, 2, 3);
    array.begin(golden_, 0);
    array.write(1, golden_);
    array.sync();
  }
  ScoreArray again(folder_, faults_, 2, 3);
  again.begin(golden_, 1);
  std::vector<float> read(6);
  again.read(1, read);
  EXPECT_EQ(read, golden_);
}

// Rows would speak of scores that are not there.
TEST_F(ScoreArrayTest, IsNotMadeAnewBehindRows) {
  EXPECT_THAT(refusal([&] { ScoreArray(folder_, faults_, 2, 3).begin(golden_, 1); }),
              HasSubstr("the scores of 1 rows of the report, which stood there, are gone or were changed"));
  ScoreArray(folder_, faults_, 2, 4).begin(std::vector<float>(8), 0);
  EXPECT_FALSE(ScoreArray(folder_, faults_, 2, 3).is_whole());
  EXPECT_THAT(refusal([&] { ScoreArray(folder_, faults_, 2, 3).begin(golden_, 1); }),
              HasSubstr("gone or were changed"));
}

TEST_F(ScoreArrayTest, NoticesThatItsFileIsGone) {
  const char* const said = "somebody else has removed, replaced, cut or lengthened it";
  const auto disturbed = [&](const std::function<void(const std::string&)>& disturb) {
    ScoreArray array(folder_, faults_, 2, 3);
    array.begin(golden_, 0);
    disturb(array.path());
    return refusal([&] {
      array.write(1, faulty_);
      array.sync();
    });
  };
  EXPECT_THAT(disturbed([](const std::string& file) { fs::remove(file); }), HasSubstr(said));
  EXPECT_THAT(
      disturbed([](const std::string& file) { fs::rename(file, file + "2"), fs::copy(file + "2", file); }),
      HasSubstr(said));
  EXPECT_THAT(disturbed([](const std::string& file) { fs::resize_file(file, fs::file_size(file) + 1); }),
              HasSubstr(said));
  EXPECT_EQ(disturbed([](const std::string&) {}), "accepted");
}

}  // namespace
}  // namespace tf_injector::detail::test
