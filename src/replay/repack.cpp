#include "replay/repack.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <limits>

namespace tf_injector::replay {
namespace {

// The lowest `count` lanes of `lanes`.
LaneMask lowest(LaneMask lanes, int count) {
  LaneMask rest = lanes;
  while (count-- > 0 && rest != 0) rest &= rest - 1;
  return lanes & ~rest;
}

}  // namespace

Repacker::Repacker(const ReplayPlan& plan, const Golden& golden, const LaneValues& values)
    : plan_(plan), golden_(golden), values_(values), spare_(plan.plan().impl().memory.slot_elements.size()) {}

LaneBuffer Repacker::take(int value) {
  std::vector<LaneBuffer>& spare = spare_[idx(plan_.values()[idx(value)].slot)];
  if (spare.empty()) return values_.make_buffer(value);
  LaneBuffer buffer = std::move(spare.back());
  spare.pop_back();
  return buffer;
}

void Repacker::give_back(int value, LaneBuffer buffer) {
  spare_[idx(plan_.values()[idx(value)].slot)].push_back(std::move(buffer));
}

std::vector<CarriedPack> Repacker::repack(int value, std::vector<CarriedPack> packs) {
  std::vector<CarriedPack> all;
  for (const bool huge : {false, true}) {
    std::vector<CarriedPack> alike;
    for (CarriedPack& pack : packs) {
      if (pack.is_huge == huge) alike.push_back(std::move(pack));
    }
    for (CarriedPack& pack : repack_alike(value, std::move(alike))) all.push_back(std::move(pack));
  }
  return all;
}

std::vector<CarriedPack> Repacker::repack_alike(int value, std::vector<CarriedPack> packs) {
  const int lanes = plan_.table().lanes, width = plan_.table().width();
  const auto vectors = [lanes](int alive) { return (alive + lanes - 1) / lanes; };
  int alive = 0, used = 0;
  for (const CarriedPack& pack : packs) {
    alive += std::popcount(pack.any);
    used += vectors(static_cast<int>(pack.faults.size()));
  }
  if (vectors(alive) == used) return packs;
  std::vector<CarriedPack> joined;
  std::vector<Source> sources;
  int room = width;
  const auto close = [&] {
    if (!sources.empty()) joined.push_back(join(value, sources));
    sources.clear();
    room = width;
  };
  for (const CarriedPack& pack : packs) {
    for (LaneMask left = pack.any; left != 0;) {
      const LaneMask taken = lowest(left, room);
      sources.push_back({&pack, taken});
      left &= ~taken;
      room -= std::popcount(taken);
      if (room == 0) close();
    }
  }
  close();
  for (CarriedPack& pack : packs) give_back(value, std::move(pack.buffer));
  return joined;
}

CarriedPack Repacker::join(int value, std::span<const Source> sources) {
  CarriedPack to;
  to.is_huge = sources.front().pack->is_huge;
  for (const Source& source : sources) {
    for (LaneMask left = source.lanes; left != 0; left &= left - 1)
      to.faults.push_back(source.pack->faults[idx(std::countr_zero(left))]);
  }
  to.any = static_cast<LaneMask>((uint64_t{1} << to.faults.size()) - 1);
  to.buffer = take(value);
  to.buffer.owner = value;
  to.buffer.used = 0;
  for (int64_t p = 0; p < plan_.values()[idx(value)].positions; ++p) join_pixel(value, p, sources, to);
  return to;
}

// Rows of all channels that some source has, or golden where a source's pixel is golden's.
void Repacker::join_pixel(int value, int64_t p, std::span<const Source> sources, CarriedPack& to) {
  const int64_t channels = plan_.values()[idx(value)].channels, width = plan_.table().width();
  LaneMask dirty = 0;
  int at = 0;
  for (const Source& source : sources) {
    const LaneMask from = source.pack->buffer.dirty[idx(p)];
    for (LaneMask left = source.lanes; left != 0; left &= left - 1, ++at)
      dirty |= (from >> std::countr_zero(left) & LaneMask{1}) << at;
  }
  to.buffer.dirty[idx(p)] = dirty;
  to.buffer.present[idx(p)] = dirty != 0;
  if (dirty == 0) return;

  std::array<simd::LaneRow, simd::kMaxWidth> rows;
  std::array<int32_t, simd::kMaxWidth> next{};
  const float* golden = golden_.pixel(value, p);
  for (size_t s = 0; s < sources.size(); ++s) {
    const LaneBuffer& from = sources[s].pack->buffer;
    const bool present = from.present[idx(p)] != 0;
    rows[s] = {sources[s].lanes, present ? from.change.data() + p * width : nullptr};
  }
  const auto count = static_cast<int32_t>(sources.size());
  plan_.table().lane_join(rows.data(), count, 0.0f, to.buffer.change.data() + p * width);

  alignas(AlignedBuffer::kAlignment) static constexpr std::array<float, simd::kMaxWidth> kZeros{};
  to.buffer.reserve(channels, width);
  to.buffer.first[idx(p)] = to.buffer.used;
  const auto is_zero = [](float x) { return std::bit_cast<uint32_t>(x) == 0; };
  for (int32_t golden_next = 0;;) {
    // The next channel that a present source lists or, for golden sources and idle lanes, that golden has.
    while (golden_next < channels && is_zero(golden[golden_next])) ++golden_next;
    int32_t channel = golden_next < channels ? golden_next : std::numeric_limits<int32_t>::max();
    for (size_t s = 0; s < sources.size(); ++s) {
      const LaneBuffer& from = sources[s].pack->buffer;
      if (rows[s].values != nullptr && next[s] < from.counts[idx(p)])
        channel = std::min(channel, from.channels[idx(from.first[idx(p)] + next[s])]);
    }
    if (channel == std::numeric_limits<int32_t>::max()) break;
    std::array<simd::LaneRow, simd::kMaxWidth> parts;
    for (size_t s = 0; s < sources.size(); ++s) {
      const LaneBuffer& from = sources[s].pack->buffer;
      parts[s] = {sources[s].lanes, nullptr};
      if (rows[s].values == nullptr) continue;
      const bool listed =
          next[s] < from.counts[idx(p)] && from.channels[idx(from.first[idx(p)] + next[s])] == channel;
      parts[s].values = listed ? from.rows.data() + (from.first[idx(p)] + next[s]) * width : kZeros.data();
      if (listed) ++next[s];
    }
    plan_.table().lane_join(parts.data(), count, golden[channel],
                            to.buffer.rows.data() + to.buffer.used * width);
    to.buffer.channels[idx(to.buffer.used++)] = channel;
    if (channel == golden_next) ++golden_next;
  }
  to.buffer.counts[idx(p)] = static_cast<int32_t>(to.buffer.used - to.buffer.first[idx(p)]);
}

}  // namespace tf_injector::replay
