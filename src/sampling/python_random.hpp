// CPython's random.Random: the same numbers from the same seed.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace tf_injector::detail {

// MT19937 as CPython seeds and reads it (Modules/_randommodule.c, Lib/random.py).
class PythonRandom {
 public:
  // random.Random(seed)
  explicit PythonRandom(uint64_t seed);
  // getrandbits(bits), 1 to 64.
  [[nodiscard]] uint64_t bits(int bits);
  // randrange(n): uniform in 0 .. n - 1, n from 1.
  [[nodiscard]] int64_t below(int64_t n);

 private:
  static constexpr size_t kWords = 624;
  uint32_t next();
  void init(uint32_t seed);

  std::array<uint32_t, kWords> words_{};
  size_t at_ = kWords;
};

}  // namespace tf_injector::detail
