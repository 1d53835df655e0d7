#include "replay/repack.hpp"

#include <algorithm>
#include <bit>
#include <cassert>
#include <limits>

#include "core/for_each_bit.hpp"
#include "core/round_up.hpp"

namespace tf_injector::detail::replay {
namespace {

// The lowest `count` lanes of `lanes`.
LaneMask lowest(LaneMask lanes, int count) {
  LaneMask rest = lanes;
  while (count-- > 0 && rest != 0) rest &= rest - 1;
  return lanes & ~rest;
}

}  // namespace

size_t pixel_buffer_bytes(const SlotSizes& slot) { return array_bytes<SparsePixelBuffer>(slot); }

size_t most_outside_bytes(const ReplaySizes& sizes) {
  size_t largest = 0;
  for (const SlotSizes& slot : sizes.slots) largest = std::max(largest, pixel_buffer_bytes(slot));
  return idx(sizes.pack.buffers()) * largest;
}

Repacker::Repacker(const ReplayPlan& plan, const GoldenActivations& golden, const PackedActivations& values)
    : plan_(plan), golden_(golden), values_(values), spare_(plan.sizes().slots.size()) {
  for (const SlotSizes& slot : plan.sizes().slots) slot_bytes_.push_back(pixel_buffer_bytes(slot));
  most_outside_ = most_outside_bytes(plan.sizes());
}

SparsePixelBuffer Repacker::take(int value) {
  const size_t slot = idx(plan_.values()[idx(value)].slot);
  std::vector<SparsePixelBuffer>& spare = spare_[slot];
  if (!spare.empty()) {
    SparsePixelBuffer buffer = std::move(spare.back());
    spare.pop_back();
    return buffer;
  }
  outside_ += slot_bytes_[slot];
  SparsePixelBuffer made;
  for (size_t other = 0; other < spare_.size(); ++other) {
    for (; outside_ > most_outside_ && !spare_[other].empty(); spare_[other].pop_back()) {
      outside_ -= slot_bytes_[other];
      made = std::move(spare_[other].back());
    }
  }
  if (made.changed_lanes.empty()) return values_.make_buffer(value);
  made.become(plan_.sizes().slots[slot]);
  return made;
}

void Repacker::give_back(int value, SparsePixelBuffer buffer) {
  spare_[idx(plan_.values()[idx(value)].slot)].push_back(std::move(buffer));
}

std::vector<CarriedPack> Repacker::repack(size_t segment, std::vector<CarriedPack> packs) {
  std::vector<CarriedPack> all, alike[2];
  for (CarriedPack& pack : packs) {
    const bool stays = pack.segment != segment || !pack.pending.empty() || !plan_.shortcuts().repack;
    (stays ? all : alike[pack.has_large_delta ? 1 : 0]).push_back(std::move(pack));
  }
  const int value = plan_.segments()[segment - 1].value;
  for (std::vector<CarriedPack>& some : alike) {
    for (CarriedPack& pack : repack_alike(value, std::move(some))) {
      pack.segment = segment;
      all.push_back(std::move(pack));
    }
  }
  return all;
}

std::vector<CarriedPack> Repacker::repack_alike(int value, std::vector<CarriedPack> packs) {
  const int width = plan_.pack_size().lanes;
  const auto count = static_cast<int>(packs.size());
  int alive = 0;
  for (const CarriedPack& pack : packs) alive += std::popcount(pack.changed_lanes);
  // Compaction costs more than it saves.
  if (alive * 8 > count * width * 5 || divide_up(alive, width) == count) return packs;
  std::vector<CarriedPack> joined;
  std::vector<Source> sources;
  int free_lanes = width;
  const auto close = [&] {
    if (!sources.empty()) joined.push_back(join(value, sources));
    sources.clear();
    free_lanes = width;
  };
  for (const CarriedPack& pack : packs) {
    for (LaneMask left = pack.changed_lanes; left != 0;) {
      const LaneMask taken = lowest(left, free_lanes);
      sources.push_back({&pack, taken});
      left &= ~taken;
      free_lanes -= std::popcount(taken);
      if (free_lanes == 0) close();
    }
  }
  close();
  counters_.packs_saved += count - static_cast<int64_t>(joined.size());
  for (CarriedPack& pack : packs) give_back(value, std::move(pack.buffer));
  return joined;
}

CarriedPack Repacker::join(int value, std::span<const Source> sources) {
  CarriedPack to;
  to.has_large_delta = sources.front().pack->has_large_delta;
  for (const Source& source : sources) {
    assert(idx(std::bit_width(source.lanes)) <= source.pack->faults.size());
    for_each_bit(source.lanes, [&](int lane) { to.faults.push_back(source.pack->faults[idx(lane)]); });
  }
  assert(!to.faults.empty() && to.faults.size() <= idx(plan_.pack_size().lanes));
  to.changed_lanes = ~LaneMask{0} >> (64 - to.faults.size());
  to.buffer = take(value);
  to.buffer.begin(value, plan_.values()[idx(value)].positions);
  for (int64_t p = 0; p < plan_.values()[idx(value)].positions; ++p) join_pixel(value, p, sources, to);
  return to;
}

// Rows of the channels that are not zero in some source, or in golden, whose values the unchanged lanes have.
void Repacker::join_pixel(int value, int64_t p, std::span<const Source> sources, CarriedPack& to) {
  const int64_t channels = plan_.values()[idx(value)].channels;
  const simd::PackTable& table = plan_.table();
  LaneMask changed_lanes = 0;
  parts_.clear();
  pixels_.clear();
  int at = 0;
  for (const Source& source : sources) {
    const LaneMask from = source.pack->buffer.changed_lanes[idx(p)];
    LaneMask places = 0;
    for (LaneMask left = source.lanes; left != 0; left &= left - 1, ++at) {
      const LaneMask lane = left & (0 - left);
      if ((from & lane) == 0) continue;
      changed_lanes |= LaneMask{1} << at;
      places |= LaneMask{1} << std::popcount(from & (lane - 1));
    }
    if (places == 0) continue;
    pixels_.push_back(source.pack->buffer.pixel(p));
    parts_.push_back({pixels_.back().delta_sq_norm, places});
  }
  if (changed_lanes == 0) return;
  const int64_t stride = round_up(std::popcount(changed_lanes), table.lanes);
  SparsePixelBuffer& buffer = to.buffer;
  buffer.reserve((channels + 1) * stride + table.lanes, channels);
  buffer.changed_lanes[idx(p)] = changed_lanes;
  SparsePixelBuffer::Place& place = buffer.places[idx(p)];
  place = {buffer.used_values, static_cast<int32_t>(buffer.used_channels), 0, static_cast<int32_t>(stride),
           0};
  float* row = buffer.values.data() + place.values;
  table.lane_join(parts_, row);
  row += stride;
  const float* golden = golden_.pixel(value, p);
  const auto is_zero = [](float x) { return std::bit_cast<uint32_t>(x) == 0; };
  next_.assign(pixels_.size(), 0);
  constexpr int32_t kNone = std::numeric_limits<int32_t>::max();
  for (int32_t golden_next = 0;; ++place.count, row += stride) {
    while (golden_next < channels && is_zero(golden[golden_next])) ++golden_next;
    int32_t channel = golden_next < channels ? golden_next : kNone;
    for (size_t s = 0; s < pixels_.size(); ++s) {
      if (next_[s] < pixels_[s].count) channel = std::min(channel, pixels_[s].channels[next_[s]]);
    }
    if (channel == kNone) break;
    for (size_t s = 0; s < pixels_.size(); ++s) {
      const LanePixel& from = pixels_[s];
      const bool listed = next_[s] < from.count && from.channels[next_[s]] == channel;
      parts_[s].row = listed ? from.rows + next_[s]++ * (from.rows - from.delta_sq_norm) : nullptr;
    }
    table.lane_join(parts_, row);
    buffer.channels[idx(buffer.used_channels++)] = channel;
    if (channel == golden_next) ++golden_next;
  }
  place.capacity = place.count;
  buffer.used_values += (place.count + 1) * stride;
}

}  // namespace tf_injector::detail::replay
