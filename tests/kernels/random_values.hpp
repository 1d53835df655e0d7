// Random inputs for kernel tests: ordinary values, zeros as a ReLU leaves them, and the values that break
// careless code.
#pragma once

#include <cmath>
#include <limits>
#include <random>
#include <vector>

namespace tf_injector::detail::test {

enum class Values { ordinary, sparse, nasty };

inline std::vector<float> random_values(std::mt19937& rng, int64_t count, Values kind) {
  std::normal_distribution<float> normal;
  std::uniform_int_distribution<int> dice(0, 99);
  constexpr float kInf = std::numeric_limits<float>::infinity();
  std::vector<float> values(static_cast<size_t>(count));
  for (float& v : values) {
    v = normal(rng);
    if (kind == Values::sparse && dice(rng) < 60) v = 0.0f;
    if (kind != Values::nasty) continue;
    switch (dice(rng)) {
      case 0:
        v = kInf;
        break;
      case 1:
        v = -kInf;
        break;
      case 2:
        v = std::numeric_limits<float>::quiet_NaN();
        break;
      case 3:
      case 4:
      case 5:
        v = -0.0f;
        break;
      case 6:
      case 7:
        v *= 1e30f;
        break;
      case 8:
      case 9:
        v *= 1e-38f;
        break;  // products are denormal
      case 10:
        v *= 1e-44f;
        break;  // denormal itself
      default:
        break;
    }
  }
  return values;
}

}  // namespace tf_injector::detail::test
