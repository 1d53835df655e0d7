// The file that an estimate goes on with: torn, foreign, of another estimate, owned twice, damaged.
#include "estimate/estimate_state.hpp"

#include <gmock/gmock.h>

#include <cstdlib>
#include <optional>
#include <random>

#include "campaign/campaign_fixture.hpp"
#include "io/file.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail::test {
namespace {

using testing::HasSubstr;

class EstimateStateTest : public FolderTest {
 protected:
  [[nodiscard]] std::string file() const { return path("net.state"); }
  [[nodiscard]] std::string text() const { return read_text(file()); }
  void write(const std::string& text) const { write_atomic(file(), text); }
  // A file with four draws in two domains.
  std::string written() const {
    EstimateState state(file(), identity_, 25);
    state.add(0, {{0, 5}, {2, 0}, {1, 25}});
    state.add(3, {{7, 1}});
    return text();
  }
  void expect_error(ErrorKind kind, const std::string& what) const {
    const std::string before = text();
    try {
      const EstimateState state(file(), identity_, 25);
      ADD_FAILURE() << "no error";
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), kind) << error.what();
      EXPECT_THAT(error.what(), HasSubstr(what));
    }
    EXPECT_EQ(text(), before);
  }

  EstimateIdentity identity_{{"model_sha256", "abc"}, {"seed", "1"}};
};

TEST_F(EstimateStateTest, KeepsWhatWasAdded) {
  written();
  EstimateState state(file(), identity_, 25);
  EXPECT_EQ(state.draws(), 4);
  EXPECT_EQ(state.count(0, 0), 5);
  EXPECT_EQ(state.count(0, 1), 25);
  EXPECT_EQ(state.count(0, 2), 0);
  EXPECT_EQ(state.count(3, 7), 1);
  EXPECT_EQ(state.count(0, 3), std::nullopt);
  EXPECT_EQ(state.count(1, 0), std::nullopt);
  EXPECT_EQ(state.count(9, 0), std::nullopt);
  state.add(1, {{0, 3}});
  EXPECT_EQ(state.count(1, 0), 3);
}

TEST_F(EstimateStateTest, WithoutAFileItRemembersToo) {
  EstimateState state;
  state.add(2, {{4, 9}});
  EXPECT_EQ(state.count(2, 4), 9);
  EXPECT_EQ(state.draws(), 1);
}

// Cut after every byte: what is whole stays, what follows is written behind it, and nothing else.
TEST_F(EstimateStateTest, ATornEndIsCutOff) {
  const std::string whole = written();
  const size_t header = whole.find('\n') + 1;
  for (size_t size = 0; size <= whole.size(); ++size) {
    SCOPED_TRACE(size);
    write(whole.substr(0, size));
    const size_t kept = size < header ? 0 : whole.rfind('\n', size - 1) + 1;
    const std::string lines = whole.substr(header, kept > header ? kept - header : 0);
    {
      EstimateState state(file(), identity_, 25);
      EXPECT_EQ(state.draws(), std::count(lines.begin(), lines.end(), '\n'));
      state.add(5, {{6, 7}});
    }
    EXPECT_EQ(text(), whole.substr(0, header) + lines + "5,6,7\n");
  }
}

TEST_F(EstimateStateTest, OfAnotherEstimateIsRefused) {
  written();
  identity_[1].second = "2";
  expect_error(ErrorKind::resume, "another estimate: seed: 1 in the file, 2 now");
  identity_[1] = {"metric", "masked"};
  expect_error(ErrorKind::resume, "metric");
}

TEST_F(EstimateStateTest, OfALaterVersionIsRefused) {
  std::string later = written();
  later.replace(later.find("\"schema\":1"), 10, "\"schema\":2");
  write(later);
  expect_error(ErrorKind::resume, "written by a later version");
}

TEST_F(EstimateStateTest, AForeignFileIsRefusedAndLeftAlone) {
  for (const char* foreign :
       {"Injection,Layer,TensorIndex,Bit\n0,conv,\"(0,)\",3\n", "{\"file\": \"report\"}\n", "\n",
        "no line end", "[1, 2]\n", "{}\n", "\x89PNG\r\n\x1a\n"}) {
    SCOPED_TRACE(foreign);
    write(foreign);
    expect_error(ErrorKind::bad_input, "net.state:1: expected the state of an estimate, found '");
  }
}

TEST_F(EstimateStateTest, ADamagedLineIsNamed) {
  const std::string whole = written();
  for (const char* line : {"0,1", "0,1,2,3", "a,1,2", "-1,1,2", "0,-1,2", "0,1,-2", "", " 0,1,2", "0,1,2 ",
                           "0,,2", "0,1,99999999999999999999", "99999999,1,2"}) {
    SCOPED_TRACE(line);
    write(whole + line + "\n");
    expect_error(ErrorKind::bad_input, "net.state:6: expected three whole numbers, found '");
  }
}

TEST_F(EstimateStateTest, ACountThatCannotBeIsNamed) {
  const std::string whole = written();
  for (const char* line : {"0,9,26", "0,9,9223372036854775807", "0,1,24", "3,7,0"}) {
    SCOPED_TRACE(line);
    write(whole + line + "\n");
    expect_error(ErrorKind::bad_input, "net.state:6: damaged: expected one count, of at most 25 images");
  }
  write(whole + "0,1,25\n");  // the same again
  EXPECT_EQ(EstimateState(file(), identity_, 25).draws(), 4);
}

TEST_F(EstimateStateTest, TwoOwnersAreOneTooMany) {
  const EstimateState state(file(), identity_, 25);
  expect_error(ErrorKind::busy, "net.state");
}

TEST_F(EstimateStateTest, ItsFolderMustBeThere) {
  EXPECT_THROW(EstimateState(path("none") + "/net.state", identity_, 25), Error);
}

// TFI_MUTATIONS sets how many.
TEST_F(EstimateStateTest, MutationsGiveTypedErrors) {
  const std::string whole = written();
  const char* wanted = std::getenv("TFI_MUTATIONS");
  const int count = wanted == nullptr ? 300 : std::atoi(wanted);
  std::mt19937 rng(1);
  for (int i = 0; i < count; ++i) {
    std::string damaged = whole;
    if (i % 3 == 0) damaged.resize(rng() % 100);
    for (unsigned k = 1 + rng() % 4; k > 0 && !damaged.empty(); --k)
      damaged[rng() % damaged.size()] = static_cast<char>(rng());
    write(damaged);
    try {
      EstimateState state(file(), identity_, 25);
      state.add(0, {{100, 1}});
      EXPECT_EQ(state.count(0, 100), 1);
    } catch (const Error& error) {
      EXPECT_TRUE(error.kind() == ErrorKind::bad_input || error.kind() == ErrorKind::resume) << error.what();
      EXPECT_EQ(text(), damaged);
    }
  }
}

}  // namespace
}  // namespace tf_injector::detail::test
