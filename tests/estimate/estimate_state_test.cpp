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

  // The part of a file up to its last line with a hash.
  static std::string proven(const std::string& text) {
    size_t end = 0;
    for (size_t begin = 0, next = 0; (next = text.find('\n', begin)) != std::string::npos; begin = next + 1)
      if (begin > 0 && text.compare(begin, 7, "sha256,") == 0) end = next + 1;
    return text.substr(0, end);
  }
  static std::string proven_header(const std::string& whole) {
    return whole.substr(0, whole.find('\n', whole.find('\n') + 1) + 1);
  }
  static std::string without_hashes(const std::string& text) {
    std::string left;
    for (size_t begin = 0, end = 0; (end = text.find('\n', begin)) != std::string::npos; begin = end + 1)
      if (text.compare(begin, 7, "sha256,") != 0) left += text.substr(begin, end + 1 - begin);
    return left.replace(left.find("\"schema\":2"), 10, "\"schema\":1");
  }
  static int64_t draws_of(const std::string& text) {
    if (text.empty()) return 0;
    const std::string left = without_hashes(text);
    return std::count(left.begin(), left.end(), '\n') - 1;
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

// Cut after every byte: the parts that are proven by a hash stay, what follows is written behind them.
TEST_F(EstimateStateTest, ATornEndIsCutOff) {
  const std::string whole = written();
  for (size_t size = 0; size <= whole.size(); ++size) {
    SCOPED_TRACE(size);
    write(whole.substr(0, size));
    const std::string kept = proven(whole.substr(0, size));
    {
      EstimateState state(file(), identity_, 25);
      EXPECT_EQ(state.draws(), draws_of(kept));
      state.add(5, {{6, 7}});
    }
    const std::string now = text();
    const std::string expected = (kept.empty() ? proven_header(whole) : kept) + "5,6,7\n";
    EXPECT_EQ(now, expected + "sha256," + sha256_of(expected.data(), expected.size()) + "\n");
  }
}

// Whatever bit is flipped: it is refused, or counts as a torn end, and what is left was written so.
TEST_F(EstimateStateTest, AChangedByteIsNoticed) {
  const std::string whole = written();
  const EstimateState truth(file(), identity_, 25);
  int refused = 0;
  for (size_t bit = 0; bit < 8 * whole.size(); ++bit) {
    SCOPED_TRACE(bit);
    std::string changed = whole;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << bit % 8));
    const std::string other = path("other.state");
    write_atomic(other, changed);
    try {
      const EstimateState state(other, identity_, 25);
      EXPECT_TRUE(whole.starts_with(proven(changed))) << "not the end was taken for torn";
      for (const auto& [domain, draw] : {std::pair<size_t, int64_t>{0, 0}, {0, 1}, {0, 2}, {3, 7}}) {
        const auto count = state.count(domain, draw);
        EXPECT_TRUE(!count || count == truth.count(domain, draw)) << domain << " " << draw;
      }
    } catch (const Error&) {
      ++refused;
    }
  }
  EXPECT_GT(refused, static_cast<int>(8 * whole.size() * 3 / 4));
}

// Version 0.1.0 wrote no hashes.
TEST_F(EstimateStateTest, AFileWithoutHashesIsGoneOnWith) {
  write(without_hashes(written()));
  {
    EstimateState state(file(), identity_, 25);
    EXPECT_EQ(state.draws(), 4);
    state.add(5, {{6, 7}});
  }
  EXPECT_TRUE(text().ends_with("3,7,1\n5,6,7\n"));
  EXPECT_EQ(EstimateState(file(), identity_, 25).draws(), 5);
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
  later.replace(later.find("\"schema\":2"), 10, "\"schema\":5");
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
  const std::string whole = without_hashes(written());
  for (const char* line : {"0,1", "0,1,2,3", "a,1,2", "-1,1,2", "0,-1,2", "0,1,-2", "", " 0,1,2", "0,1,2 ",
                           "0,,2", "0,1,99999999999999999999", "99999999,1,2"}) {
    SCOPED_TRACE(line);
    write(whole + line + "\n");
    expect_error(ErrorKind::bad_input, "net.state:6: expected three whole numbers, found '");
  }
}

TEST_F(EstimateStateTest, ACountThatCannotBeIsNamed) {
  const std::string whole = without_hashes(written());
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
  const std::string whole = without_hashes(written());
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
