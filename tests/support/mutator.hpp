// Small valid files with some bytes changed, inserted, removed: what damaged files are made of.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <random>
#include <string>
#include <utility>

namespace tf_injector::detail::test {

// How many damaged files a test tries: TFI_MUTATIONS, or `otherwise`.
inline int mutations_wanted(int otherwise) {
  const char* wanted = std::getenv("TFI_MUTATIONS");
  return wanted != nullptr ? std::stoi(wanted) : otherwise;
}

class Mutator {
 public:
  explicit Mutator(std::string good, uint64_t seed = 20260101) : good_(std::move(good)), random_(seed) {}

  // Changes one to four places; half of them near the start or the end, where files say what they are.
  std::string next() {
    std::string bytes = good_;
    for (size_t left = number(1, 4); left > 0 && !bytes.empty(); --left) {
      const size_t at = place(bytes.size());
      switch (number(0, 5)) {
        case 0:
          bytes[at] = static_cast<char>(bytes[at] ^ (1 << number(0, 7)));
          break;
        case 1:
          bytes[at] = static_cast<char>(number(0, 255));
          break;
        case 2:
          bytes[at] = bytes[number(0, std::min<size_t>(bytes.size() - 1, 300))];
          break;
        case 3:
          bytes.erase(at, number(1, 9));
          break;
        case 4:
          bytes.insert(at, bytes.substr(place(bytes.size()), number(1, 9)));
          break;
        default:
          for (size_t i = at; i < std::min(at + 4, bytes.size()); ++i) bytes[i] = static_cast<char>(0xFF);
      }
    }
    return bytes;
  }

 private:
  size_t number(size_t low, size_t high) { return std::uniform_int_distribution<size_t>(low, high)(random_); }
  size_t place(size_t size) {
    constexpr size_t kEdge = 250;
    const size_t edge = std::min(size - 1, kEdge);
    switch (number(0, 3)) {
      case 0:
        return number(0, edge);
      case 1:
        return size - 1 - number(0, edge);
      default:
        return number(0, size - 1);
    }
  }

  std::string good_;
  std::mt19937_64 random_;
};

}  // namespace tf_injector::detail::test
