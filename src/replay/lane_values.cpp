#include "replay/lane_values.hpp"

#include <algorithm>
#include <bit>
#include <limits>
#include <utility>

namespace tf_injector::replay {
namespace {

// The place of a lane among others.
size_t place_among(LaneMask lanes, int32_t lane) {
  return idx(std::popcount(lanes & ((LaneMask{1} << lane) - 1)));
}

}  // namespace

void LaneBuffer::reserve(int64_t more_values, int64_t more_channels) {
  const int64_t wanted = used_values + more_values, have = static_cast<int64_t>(values.size());
  if (wanted > have) {
    AlignedBuffer larger(idx(std::max(wanted, have + have / 2)));
    std::copy_n(values.data(), used_values, larger.data());
    values = std::move(larger);
  }
  const size_t channels_wanted = idx(used_channels + more_channels + simd::kMaxWidth);
  if (channels_wanted > channels.size()) channels.resize(channels_wanted + channels_wanted / 2);
}

LaneValues::LaneValues(const ReplayPlan& plan, const Golden& golden)
    : plan_(plan), golden_(golden), vector_(plan.table().lanes), any_(plan.values().size(), 0) {
  buffers_.resize(plan.plan().impl().memory.slot_elements.size());
  int64_t channels = 0;
  for (size_t value = 0; value < plan.values().size(); ++value) {
    LaneBuffer& b = buffers_[idx(plan.values()[value].slot)];
    if (b.held.empty()) b = make_buffer(static_cast<int>(value));
    channels = std::max(channels, plan.values()[value].channels);
  }
  merged_ = AlignedBuffer(idx((channels + 2) * plan.table().width()));
  merged_channels_.resize(idx(channels + simd::kMaxWidth));
}

LaneBuffer LaneValues::make_buffer(int value) const {
  const int64_t positions = plan_.slot_positions(info(value).slot);
  LaneBuffer buffer;
  buffer.held.resize(idx(positions));
  buffer.places.resize(idx(positions));
  return buffer;
}

void LaneValues::reset(int32_t lanes) {
  all_lanes_ = ~LaneMask{0} >> (64 - lanes);
  std::fill(any_.begin(), any_.end(), LaneMask{0});
  for (LaneBuffer& buffer : buffers_) buffer.owner = -1;
}

LaneBuffer LaneValues::exchange(int value, LaneBuffer other) {
  std::swap(buffer(value), other);
  return other;
}

void LaneValues::begin(int value) {
  LaneBuffer& b = buffer(value);
  b.owner = value;
  b.used_values = b.used_channels = 0;
  std::fill_n(b.held.begin(), info(value).positions, LaneMask{0});
  any_[idx(value)] = 0;
}

LaneValues::Room LaneValues::room(int value, int64_t position, int32_t lanes) {
  LaneBuffer& b = buffer(value);
  const int64_t channels = info(value).channels;
  b.reserve((channels + 1) * stride(lanes) + vector_, channels);
  b.places[idx(position)] = {b.used_values, b.used_channels, 0, 0};
  return {b.values.data() + b.used_values, b.channels.data() + b.used_channels};
}

void LaneValues::commit(int value, int64_t position, int32_t rows, LaneMask held) {
  LaneBuffer& b = buffer(value);
  b.held[idx(position)] = held;
  if (held == 0) return;
  LaneBuffer::Place& place = b.places[idx(position)];
  place.count = rows;
  place.stride = stride(std::popcount(held));
  b.used_values += int64_t{rows + 1} * place.stride;
  b.used_channels += rows;
  any_[idx(value)] |= held;
}

// The pixel with the lanes of both, then the changes, each in a row that was there or in a new one of zeros.
void LaneValues::merge(int value, int64_t position, std::vector<LaneChange>& changes) {
  if (changes.empty()) return;
  std::sort(changes.begin(), changes.end(), [](const LaneChange& a, const LaneChange& b) {
    return std::make_pair(a.channel, a.lane) < std::make_pair(b.channel, b.lane);
  });
  const simd::SimdTable& table = plan_.table();
  const auto channels = static_cast<int32_t>(info(value).channels);
  LaneMask lanes = dirty(value, position);
  for (const LaneChange& change : changes) lanes |= LaneMask{1} << change.lane;
  const int32_t stride = this->stride(std::popcount(lanes));
  const simd::LaneTap tap = this->tap(value, position, 0);
  float* norm = merged_.data();
  const float* from = norm + stride;
  const int32_t count = table.lane_window({.taps = {&tap, 1},
                                           .lanes = lanes,
                                           .cin = channels,
                                           .cout = 1,
                                           .values = merged_.data() + stride,
                                           .weight_at = merged_channels_.data(),
                                           .change = norm});
  const float* golden = golden_.pixel(value, position);
  const Room to = room(value, position, std::popcount(lanes));
  float* row = to.values + stride;
  int32_t rows = 0, next = 0;
  for (size_t c = 0; c < changes.size() || next < count;) {
    constexpr int32_t kNone = std::numeric_limits<int32_t>::max();
    const int32_t changed = c < changes.size() ? changes[c].channel : kNone;
    const int32_t listed = next < count ? merged_channels_[idx(next)] : kNone;
    const int32_t channel = std::min(changed, listed);
    if (channel == listed) {
      std::copy_n(from, stride, row);
      from += stride;
      ++next;
    } else {
      std::fill_n(row, stride, 0.0f);
    }
    for (; c < changes.size() && changes[c].channel == channel; ++c) {
      const size_t place = place_among(lanes, changes[c].lane);
      row[place] = changes[c].value;
      const float difference = changes[c].value - golden[channel], square = difference * difference;
      const float sum = norm[place] + square;
      norm[place] = sum <= std::numeric_limits<float>::max() ? sum : std::numeric_limits<float>::infinity();
    }
    to.channels[rows++] = channel;
    row += stride;
  }
  std::copy_n(norm, stride, to.values);
  commit(value, position, rows, lanes);
}

void LaneValues::read(int value, int64_t position, int lane, float* out) const {
  const int64_t channels = info(value).channels;
  const LanePixel from = pixel(value, position);
  if ((from.held >> lane & 1) == 0) {
    std::copy_n(golden_.pixel(value, position), channels, out);
    return;
  }
  std::fill_n(out, channels, 0.0f);
  const auto stride = from.rows - from.change;
  const float* row = from.rows + place_among(from.held, lane);
  for (int32_t i = 0; i < from.count; ++i, row += stride) out[from.channels[i]] = *row;
}

}  // namespace tf_injector::replay
