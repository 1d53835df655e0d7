// Random numbers that are the same on every machine and in every build: a seed names a network.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <vector>

namespace tf_injector::detail::test {

class Dice {
 public:
  explicit Dice(uint64_t seed) : state_(seed) {}

  uint64_t next() {  // splitmix64
    uint64_t z = state_ += 0x9E3779B97F4A7C15u;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
  }
  // low ... high
  int64_t from(int64_t low, int64_t high) {
    return low + static_cast<int64_t>(next() % static_cast<uint64_t>(high - low + 1));
  }
  double real(double low, double high) {
    return low + (high - low) * static_cast<double>(next() >> 11) * 0x1p-53;
  }
  bool chance(double probability) { return real(0.0, 1.0) < probability; }
  // Nearly: the sum of twelve numbers from 0 to 1, so that no library's logarithm is asked.
  double normal() {
    double sum = -6.0;
    for (int i = 0; i < 12; ++i) sum += real(0.0, 1.0);
    return sum;
  }
  template <class T>
  T among(std::initializer_list<T> values) {
    return values.begin()[from(0, static_cast<int64_t>(values.size()) - 1)];
  }
  template <class T>
  const T& among(const std::vector<T>& values) {
    return values[static_cast<size_t>(from(0, static_cast<int64_t>(values.size()) - 1))];
  }

 private:
  uint64_t state_;
};

}  // namespace tf_injector::detail::test
