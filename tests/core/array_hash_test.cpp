#include "core/array_hash.hpp"

#include <gtest/gtest.h>

#include <set>
#include <vector>

namespace tf_injector::detail::test {
namespace {

uint64_t hash_of(const std::vector<std::vector<uint8_t>>& arrays) {
  ArrayHash hash;
  for (const std::vector<uint8_t>& array : arrays) hash.update(std::as_bytes(std::span(array)));
  return hash.value();
}

TEST(ArrayHash, EverySingleBitCounts) {
  for (const size_t size : {1U, 7U, 8U, 9U, 63U, 64U, 65U, 127U, 130U, 515U}) {
    std::vector<uint8_t> bytes(size);
    for (size_t i = 0; i < size; ++i) bytes[i] = static_cast<uint8_t>(i * 37 + 11);
    std::set<uint64_t> hashes{hash_of({bytes})};
    for (size_t bit = 0; bit < size * 8; ++bit) {
      bytes[bit / 8] ^= static_cast<uint8_t>(1U << bit % 8);
      hashes.insert(hash_of({bytes}));
      bytes[bit / 8] ^= static_cast<uint8_t>(1U << bit % 8);
    }
    EXPECT_EQ(hashes.size(), size * 8 + 1) << size;
  }
}

TEST(ArrayHash, WordsThatChangePlacesCount) {
  std::vector<uint8_t> bytes(256);
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<uint8_t>(i);
  std::set<uint64_t> hashes{hash_of({bytes})};
  size_t swaps = 0;
  for (size_t a = 0; a < 256; a += 8) {
    for (size_t b = a + 8; b < 256; b += 8, ++swaps) {
      std::vector<uint8_t> swapped = bytes;
      for (size_t i = 0; i < 8; ++i) std::swap(swapped[a + i], swapped[b + i]);
      hashes.insert(hash_of({swapped}));
    }
  }
  EXPECT_EQ(hashes.size(), swaps + 1);
}

TEST(ArrayHash, WhereAnArrayEndsCounts) {
  const std::vector<uint8_t> zeros(70), none;
  const std::set<uint64_t> hashes{hash_of({}),
                                  hash_of({none}),
                                  hash_of({none, none}),
                                  hash_of({zeros}),
                                  hash_of({zeros, none}),
                                  hash_of({std::vector<uint8_t>(64), std::vector<uint8_t>(6)}),
                                  hash_of({std::vector<uint8_t>(6), std::vector<uint8_t>(64)}),
                                  hash_of({std::vector<uint8_t>(71)})};
  EXPECT_EQ(hashes.size(), 8U);
}

}  // namespace
}  // namespace tf_injector::detail::test
