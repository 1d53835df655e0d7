#include "sampling/python_random.hpp"

#include <bit>
#include <vector>

namespace tf_injector::detail {

PythonRandom::PythonRandom(uint64_t seed) {
  // init_by_array with the seed's 32-bit words, the lowest first.
  std::vector<uint32_t> key{static_cast<uint32_t>(seed)};
  if (seed >> 32 != 0) key.push_back(static_cast<uint32_t>(seed >> 32));
  init(19650218);
  size_t i = 1, j = 0;
  for (size_t k = kWords; k > 0; --k) {
    words_[i] = (words_[i] ^ ((words_[i - 1] ^ (words_[i - 1] >> 30)) * 1664525U)) + key[j] +
                static_cast<uint32_t>(j);
    ++i;
    ++j;
    if (i == kWords) {
      words_[0] = words_[kWords - 1];
      i = 1;
    }
    if (j == key.size()) j = 0;
  }
  for (size_t k = kWords - 1; k > 0; --k) {
    words_[i] =
        (words_[i] ^ ((words_[i - 1] ^ (words_[i - 1] >> 30)) * 1566083941U)) - static_cast<uint32_t>(i);
    ++i;
    if (i == kWords) {
      words_[0] = words_[kWords - 1];
      i = 1;
    }
  }
  words_[0] = 0x80000000U;
}

void PythonRandom::init(uint32_t seed) {
  words_[0] = seed;
  for (size_t i = 1; i < kWords; ++i)
    words_[i] = 1812433253U * (words_[i - 1] ^ (words_[i - 1] >> 30)) + static_cast<uint32_t>(i);
}

uint32_t PythonRandom::next() {
  constexpr size_t kShift = 397;
  if (at_ == kWords) {
    for (size_t i = 0; i < kWords; ++i) {
      const uint32_t y = (words_[i] & 0x80000000U) | (words_[(i + 1) % kWords] & 0x7fffffffU);
      words_[i] = words_[(i + kShift) % kWords] ^ (y >> 1) ^ ((y & 1U) != 0 ? 0x9908b0dfU : 0U);
    }
    at_ = 0;
  }
  uint32_t y = words_[at_++];
  y ^= y >> 11;
  y ^= (y << 7) & 0x9d2c5680U;
  y ^= (y << 15) & 0xefc60000U;
  return y ^ (y >> 18);
}

uint64_t PythonRandom::bits(int bits) {
  if (bits <= 32) return next() >> (32 - bits);
  const uint64_t low = next();
  return low | static_cast<uint64_t>(next() >> (64 - bits)) << 32;
}

int64_t PythonRandom::below(int64_t n) {
  const int width = static_cast<int>(std::bit_width(static_cast<uint64_t>(n)));
  uint64_t value = bits(width);
  while (value >= static_cast<uint64_t>(n)) value = bits(width);
  return static_cast<int64_t>(value);
}

}  // namespace tf_injector::detail
