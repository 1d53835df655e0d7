// The generator against CPython 3.11's random.Random: what it printed stands here.
#include "sampling/python_random.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <vector>

namespace tf_injector::detail {
namespace {

struct SeedFact {
  uint64_t seed;
  std::vector<uint64_t> numbers;  // [r.getrandbits(32) for _ in range(4)]
};

TEST(PythonRandom, SeedsOfOneWordAndOfTwo) {
  const SeedFact facts[] = {
      {0, {3626764237, 1654615998, 3255389356, 3823568514}},
      {1, {577090037, 2444712010, 3639700191, 3445702192}},
      {42, {2746317213, 478163327, 107420369, 3184935163}},
      {(uint64_t{1} << 32) - 1, {2728839433, 2661025012, 872737089, 924893097}},
      {uint64_t{1} << 32, {485306839, 1508871100, 1794561286, 4014597330}},
      {(uint64_t{1} << 63) + 5, {1478493593, 736485321, 1981690036, 2678205636}},
      {std::numeric_limits<uint64_t>::max(), {93740670, 1068495656, 1452108352, 2657516307}}};
  for (const SeedFact& fact : facts) {
    PythonRandom random(fact.seed);
    for (const uint64_t number : fact.numbers) EXPECT_EQ(random.bits(32), number) << fact.seed;
  }
}

TEST(PythonRandom, StateIsRenewedEvery624Words) {
  PythonRandom random(42);
  std::vector<uint64_t> words;
  for (int i = 0; i < 1300; ++i) words.push_back(random.bits(32));
  EXPECT_EQ(words[623], 2929454134u);
  EXPECT_EQ(words[624], 1071722055u);
  EXPECT_EQ(words[1299], 1463320861u);
}

// Up to 32 bits are one word's highest; of more the first word is the lowest half.
TEST(PythonRandom, GetrandbitsOfAnyWidth) {
  PythonRandom random(42);
  const std::pair<int, uint64_t> facts[] = {{1, 1},
                                            {5, 3},
                                            {31, 53710184},
                                            {32, 3184935163},
                                            {33, 1181241943},
                                            {53, 1256845828445918},
                                            {63, 945351111358374057},
                                            {64, 13662908291426823533u}};
  for (const auto& [width, number] : facts) EXPECT_EQ(random.bits(width), number) << width;
}

// randint(0, 2) takes two bits, which are 3 in a quarter of all cases and drawn again then.
TEST(PythonRandom, RandintDrawsAgainWhatIsTooLarge) {
  PythonRandom random(42);
  std::vector<int64_t> drawn;
  for (int i = 0; i < 16; ++i) drawn.push_back(random.below(3));
  EXPECT_EQ(drawn, (std::vector<int64_t>{2, 0, 0, 2, 1, 0, 0, 0, 2, 0, 2, 2, 2, 0, 2, 1}));
}

// randrange(n) takes n.bit_length() bits, one more than needed where n is a power of two.
TEST(PythonRandom, RandrangeOfAnySize) {
  PythonRandom random(42);
  const std::pair<int64_t, int64_t> facts[] = {{1, 0},
                                               {2, 0},
                                               {3, 2},
                                               {5, 2},
                                               {32, 15},
                                               {33, 14},
                                               {1000, 142},
                                               {int64_t{1} << 31, 440213415},
                                               {(int64_t{1} << 31) + 1, 373399426},
                                               {int64_t{1} << 32, 2536146025},
                                               {(int64_t{1} << 32) + 1, 136505587},
                                               {1000000000000, 236625619290},
                                               {(int64_t{1} << 62) + 1, 244751123424863812},
                                               {std::numeric_limits<int64_t>::max(), 1833953597603037606}};
  for (const auto& [n, number] : facts) EXPECT_EQ(random.below(n), number) << n;
}

// sum((i + 1) * r.randrange(1000) for i in range(5000))
TEST(PythonRandom, LongSequence) {
  PythonRandom random(42);
  int64_t sum = 0;
  for (int64_t i = 1; i <= 5000; ++i) sum += i * random.below(1000);
  EXPECT_EQ(sum, 6289382059);
}

}  // namespace
}  // namespace tf_injector::detail
