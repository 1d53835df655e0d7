#include "replay/packed_activations.hpp"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cmath>
#include <functional>
#include <limits>
#include <utility>

namespace tf_injector::detail::replay {
namespace {

[[maybe_unused]] bool are_ascending(const int32_t* channels, int32_t count) {
  return std::adjacent_find(channels, channels + count, std::greater_equal<>()) == channels + count;
}

[[maybe_unused]] bool has_nan(const float* values, int64_t count) {
  return std::any_of(values, values + count, [](float x) { return std::isnan(x); });
}

// The place of a lane among others.
size_t place_among(LaneMask lanes, int32_t lane) {
  return idx(std::popcount(lanes & ((LaneMask{1} << lane) - 1)));
}

}  // namespace

void SparsePixelBuffer::begin(int value, int64_t its_positions) {
  owner = value;
  positions = its_positions;
  used_values = used_channels = 0;
  std::fill_n(changed_lanes.begin(), positions, LaneMask{0});
}

void SparsePixelBuffer::become(const SlotSizes& slot) {
  owner = -1;
  positions = used_values = used_channels = 0;
  most = slot.limit;
  if (static_cast<int64_t>(values.size()) > most.values) values = {};
  if (static_cast<int64_t>(channels.size()) > most.channels) channels = {};
  ArrayMaker maker;
  list_arrays(slot, maker);
}

void SparsePixelBuffer::reserve(int64_t more_values, int64_t more_channels) {
  more_channels += simd::kMaxWidth;  // what is read behind them
  if (used_values + more_values > most.values || used_channels + more_channels > most.channels) pack();
  const int64_t wanted = used_values + more_values, have = static_cast<int64_t>(values.size());
  if (wanted > have) {
    AlignedBuffer larger(idx(std::max(wanted, std::min(have + have / 2, most.values))));
    std::copy_n(values.data(), used_values, larger.data());
    values = std::move(larger);
  }
  const int64_t channels_wanted = used_channels + more_channels;
  if (channels_wanted > static_cast<int64_t>(channels.size())) {
    const int64_t size = std::max(channels_wanted, std::min(channels_wanted * 3 / 2, most.channels));
    channels.reserve(idx(size));
    channels.resize(idx(size));
  }
}

void SparsePixelBuffer::pack() {
  AlignedBuffer packed(values.size());
  std::vector<int32_t> packed_channels(channels.size());
  used_values = used_channels = 0;
  for (int64_t p = 0; p < positions; ++p) {
    if (changed_lanes[idx(p)] == 0) continue;
    Place& place = places[idx(p)];
    const int64_t floats = int64_t{place.count + 1} * place.stride;
    std::copy_n(values.data() + place.values, floats, packed.data() + used_values);
    std::copy_n(channels.data() + place.channels, place.count, packed_channels.data() + used_channels);
    place.values = used_values;
    place.channels = static_cast<int32_t>(used_channels);
    place.capacity = place.count;
    used_values += floats;
    used_channels += place.count;
  }
  values = std::move(packed);
  channels = std::move(packed_channels);
}

PackedActivations::PackedActivations(const ReplayPlan& plan, const GoldenActivations& golden)
    : plan_(plan), golden_(golden), vector_(plan.table().lanes) {
  ArrayMaker maker;
  list_arrays(plan.sizes(), maker);
}

SparsePixelBuffer PackedActivations::make_buffer(int value) const {
  SparsePixelBuffer buffer;
  buffer.become(plan_.sizes().slots[idx(info(value).slot)]);
  return buffer;
}

void PackedActivations::reset(int32_t lanes) {
  assert(lanes >= 1 && lanes <= plan_.table().width());
  all_lanes_ = ~LaneMask{0} >> (64 - lanes);
  std::fill(changed_lanes_.begin(), changed_lanes_.end(), LaneMask{0});
  for (SparsePixelBuffer& buffer : buffers_) buffer.owner = -1;
}

SparsePixelBuffer PackedActivations::exchange(int value, SparsePixelBuffer other) {
  std::swap(buffer(value), other);
  return other;
}

void PackedActivations::begin(int value) {
  buffer(value).begin(value, info(value).positions);
  changed_lanes_[idx(value)] = 0;
}

PackedActivations::PixelStorage PackedActivations::allocate_pixel(int value, int64_t position,
                                                                  int32_t lanes) {
  SparsePixelBuffer& b = buffer(value);
  assert(b.owner == value && position >= 0 && position < b.positions);
  assert(lanes >= 1 && lanes <= std::popcount(all_lanes_));
  const int64_t channels = info(value).channels;
  b.reserve((channels + 1) * stride(lanes) + vector_, channels);
  b.places[idx(position)] = {b.used_values, static_cast<int32_t>(b.used_channels), 0, 0, 0};
  return {b.values.data() + b.used_values, b.channels.data() + b.used_channels};
}

void PackedActivations::commit(int value, int64_t position, int32_t rows, LaneMask changed_lanes) {
  SparsePixelBuffer& b = buffer(value);
  assert(b.owner == value && (changed_lanes & ~all_lanes_) == 0);
  b.changed_lanes[idx(position)] = changed_lanes;
  if (changed_lanes == 0) return;
  SparsePixelBuffer::Place& place = b.places[idx(position)];
  assert(rows >= 0 && rows <= info(value).channels &&
         are_ascending(b.channels.data() + place.channels, rows));
  // A maximum over lanes would pass over a NaN (PossiblyNonzeroChannels): norms of such deltas are Infinity.
  assert(!has_nan(b.values.data() + place.values, std::popcount(changed_lanes)));
  place.count = rows;
  place.stride = stride(std::popcount(changed_lanes));
  changed_lanes_[idx(value)] |= changed_lanes;
  if (place.capacity > 0) return;  // reallocate_pixel has counted its storage
  place.capacity = rows;
  b.used_values += int64_t{rows + 1} * place.stride;
  b.used_channels += rows;
}

// A pixel that is merged twice may be merged a third time, by another lane: new storage holds all channels.
PackedActivations::PixelStorage PackedActivations::reallocate_pixel(int value, int64_t position,
                                                                    int32_t lanes, int64_t rows) {
  SparsePixelBuffer& b = buffer(value);
  SparsePixelBuffer::Place& place = b.places[idx(position)];
  if (changed_lanes(value, position) == 0 || place.capacity == 0)
    return allocate_pixel(value, position, lanes);
  if (place.stride != stride(lanes) || place.capacity < rows) {
    const PixelStorage made = allocate_pixel(value, position, lanes);
    place.capacity = static_cast<int32_t>(info(value).channels);
    b.used_values += (place.capacity + 1) * int64_t{stride(lanes)};
    b.used_channels += place.capacity;
    return made;
  }
  return {b.values.data() + place.values, b.channels.data() + place.channels};
}

// The merged pixel has the lanes of both, in new storage unless the old one is large enough.
void PackedActivations::merge(int value, int64_t position, std::vector<LaneChange>& changes) {
  if (changes.empty()) return;
  const auto by_channel = [](const LaneChange& a, const LaneChange& b) { return a.channel < b.channel; };
  if (!std::is_sorted(changes.begin(), changes.end(), by_channel))
    std::sort(changes.begin(), changes.end(), by_channel);
  SparsePixelBuffer& b = buffer(value);
  const int64_t channels = info(value).channels;
  assert(b.owner == value && position >= 0 && position < b.positions);
  LaneMask lanes = changed_lanes(value, position);
  for (const LaneChange& change : changes) lanes |= LaneMask{1} << change.lane;
  assert((lanes & ~all_lanes_) == 0);
  assert(changes.front().channel >= 0 && changes.back().channel < channels);
  const int32_t count = std::popcount(lanes), stride = this->stride(count);
  b.reserve((channels + 1) * stride + vector_, channels);  // pointers stay as they are from here on
  const LaneMask old_lanes = changed_lanes(value, position);
  const SparsePixelBuffer::Place place = b.places[idx(position)];
  if (old_lanes != 0 && b.is_last(place)) b.release_pixel(position);
  const int64_t rows_before = old_lanes != 0 ? place.count : channels;
  const PixelStorage to = reallocate_pixel(
      value, position, count, std::min(channels, rows_before + static_cast<int64_t>(changes.size())));
  const float* const delta_sq_norm = b.values.data() + place.values;
  const bool overlaps = old_lanes != 0 && to.values == delta_sq_norm;
  float* const merged = overlaps ? merged_.data() : to.values;
  int32_t* const merged_channels = overlaps ? merged_channels_.data() : to.channels;
  const int32_t rows = plan_.table().lane_merge({.pixel = {.changed_lanes = old_lanes,
                                                           .delta_sq_norm = delta_sq_norm,
                                                           .rows = delta_sq_norm + place.stride,
                                                           .channels = b.channels.data() + place.channels,
                                                           .count = place.count},
                                                 .golden = golden_.pixel(value, position),
                                                 .lanes = lanes,
                                                 .channels = static_cast<int32_t>(channels),
                                                 .changes = changes.data(),
                                                 .change_count = static_cast<int32_t>(changes.size()),
                                                 .listed = listed_.data(),
                                                 .values = merged,
                                                 .out_channels = merged_channels});
  if (overlaps) {
    std::copy_n(merged, int64_t{rows + 1} * stride, to.values);
    std::copy_n(merged_channels, rows, to.channels);
  }
  commit(value, position, rows, lanes);
}

void PackedActivations::read(int value, int64_t position, int lane, float* out) const {
  const int64_t channels = info(value).channels;
  const LanePixel from = pixel(value, position);
  if ((from.changed_lanes >> lane & 1) == 0) {
    std::copy_n(golden_.pixel(value, position), channels, out);
    return;
  }
  std::fill_n(out, channels, 0.0f);
  const auto stride = from.rows - from.delta_sq_norm;
  const float* row = from.rows + place_among(from.changed_lanes, lane);
  for (int32_t i = 0; i < from.count; ++i, row += stride) out[from.channels[i]] = *row;
}

}  // namespace tf_injector::detail::replay
