// Ranks among signs against counting them one by one.
#include "estimate/sign_index.hpp"

#include <gtest/gtest.h>

#include <random>

namespace tf_injector::detail {
namespace {

TEST(SignIndex, FindsWhatCountingFinds) {
  std::mt19937 rng(1);
  for (const int size : {1, 2, 63, 64, 65, 511, 512, 513, 1024, 1500, 4096, 5001}) {
    for (const unsigned rate : {0U, 5U, 50U, 100U}) {  // percent
      SCOPED_TRACE(testing::Message() << size << " elements, " << rate << " % negative");
      SignIndex index;
      std::vector<bool> signs;
      for (int i = 0; i < size; ++i) {
        signs.push_back(rng() % 100 < rate);
        index.add(signs.back());
      }
      ASSERT_EQ(index.size(), size);
      for (int i = 0; i < 20; ++i) {
        const auto first = static_cast<int64_t>(rng() % static_cast<unsigned>(size)),
                   end = first + static_cast<int64_t>(rng() % static_cast<unsigned>(size - first + 1));
        for (const bool negative : {false, true}) {
          int64_t rank = 0;
          const bool all = i < 3;
          for (int64_t element = first; element < end; ++element) {
            if (signs[static_cast<size_t>(element)] != negative) continue;
            if (all || element % 37 == 0) {
              ASSERT_EQ(index.find(negative, first, rank), element);
            }
            ++rank;
          }
          ASSERT_EQ(index.count(negative, first, end), rank) << first << " .. " << end;
        }
      }
    }
  }
}

}  // namespace
}  // namespace tf_injector::detail
