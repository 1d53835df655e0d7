// The checksum that newer structures of HDF5 end in: lookup3 of Bob Jenkins (public domain, 2006),
// hashlittle.
#include <bit>

#include "io/hdf5/hdf5_bytes.hpp"

namespace tf_injector::detail::hdf5 {
namespace {

struct State {
  uint32_t a, b, c;

  void mix() {
    const auto step = [](uint32_t& x, uint32_t& y, uint32_t& z, int turn) {
      x -= z;
      x ^= std::rotl(z, turn);
      z += y;
    };
    step(a, b, c, 4);
    step(b, c, a, 6);
    step(c, a, b, 8);
    step(a, b, c, 16);
    step(b, c, a, 19);
    step(c, a, b, 4);
  }
  void finish() {
    const auto step = [](uint32_t& x, uint32_t y, int turn) {
      x ^= y;
      x -= std::rotl(y, turn);
    };
    step(c, b, 14);
    step(a, c, 11);
    step(b, a, 25);
    step(c, b, 16);
    step(a, c, 4);
    step(b, a, 14);
    step(c, b, 24);
  }
};

uint32_t lookup3(std::span<const uint8_t> bytes) {
  const uint32_t start = 0xdeadbeef + static_cast<uint32_t>(bytes.size());
  State state{start, start, start};
  const auto add = [&state](std::span<const uint8_t> part) {
    uint32_t words[3] = {};
    for (size_t i = 0; i < part.size(); ++i) words[i / 4] |= uint32_t{part[i]} << (i % 4 * 8);
    state.a += words[0];
    state.b += words[1];
    state.c += words[2];
  };
  constexpr size_t kBlock = 12;
  while (bytes.size() > kBlock) {
    add(bytes.first(kBlock));
    state.mix();
    bytes = bytes.subspan(kBlock);
  }
  if (bytes.empty()) return state.c;
  add(bytes);
  state.finish();
  return state.c;
}

}  // namespace

void verify_checksum(std::span<const uint8_t> bytes) {
  constexpr size_t kSumBytes = 4;
  if (bytes.size() < kSumBytes) throw Damaged("a part of it is cut off");
  const size_t size = bytes.size() - kSumBytes;
  if (Cursor(bytes.subspan(size)).u32() != lookup3(bytes.first(size)))
    throw Damaged("a checksum in it is wrong");
}

}  // namespace tf_injector::detail::hdf5
