#include "core/array_hash.hpp"

#include <bit>
#include <cstring>

namespace tf_injector::detail {
namespace {

// Odd, so that a product can be undone: the golden section, and the second constant of splitmix64.
constexpr uint64_t kFactor = 0x9E3779B97F4A7C15u, kMix = 0xBF58476D1CE4E5B9u;

// Each step can be undone, so none loses what went in before. The rotations let every bit reach low ones,
// where a product spreads it: the highest bit of a factor changes the highest of the product only.
uint64_t next(uint64_t chain, uint64_t word) noexcept {
  const uint64_t mixed = chain ^ word;
  return (mixed ^ std::rotl(mixed, 25) ^ std::rotl(mixed, 47)) * kFactor + kMix;
}

}  // namespace

// The last bytes are filled up with zeros; how many there are goes into the hash too.
void ArrayHash::update(std::span<const std::byte> bytes) noexcept {
  constexpr size_t kBlock = kChains * sizeof(uint64_t);
  std::array<uint64_t, kChains> words{};
  std::array<uint64_t, kChains> chains = chains_;
  const std::byte* at = bytes.data();
  size_t left = bytes.size();
  for (; left >= kBlock; left -= kBlock, at += kBlock) {
    std::memcpy(words.data(), at, kBlock);
    for (size_t i = 0; i < kChains; ++i) chains[i] = next(chains[i], words[i]);
  }
  if (left > 0) {
    words.fill(0);
    std::memcpy(words.data(), at, left);
    for (size_t i = 0; i < kChains; ++i) chains[i] = next(chains[i], words[i]);
  }
  chains[0] = next(chains[0], bytes.size());
  chains_ = chains;
  bytes_ += bytes.size();
}

uint64_t ArrayHash::value() const noexcept {
  uint64_t value = 0;
  for (const uint64_t chain : chains_) value = (std::rotl(value, 29) ^ chain) * kMix;
  return value ^ (value >> 32);
}

}  // namespace tf_injector::detail
