#include "replay/lane_values.hpp"

#include <algorithm>
#include <utility>

namespace tf_injector::replay {
namespace {

size_t idx(int64_t i) { return static_cast<size_t>(i); }

}  // namespace

LaneValues::LaneValues(const ReplayPlan& plan, const Golden& golden)
    : plan_(plan), golden_(golden), width_(plan.table().width()), any_(plan.values().size(), 0) {
  buffers_.resize(plan.plan().impl().memory.slot_elements.size());
  for (size_t value = 0; value < plan.values().size(); ++value) {
    LaneBuffer& b = buffers_[idx(plan.values()[value].slot)];
    if (b.rows.empty()) b = make_buffer(static_cast<int>(value));
  }
}

LaneBuffer LaneValues::make_buffer(int value) const {
  const int slot = info(value).slot;
  const int64_t elements = plan_.plan().impl().memory.slot_elements[idx(slot)];
  int64_t positions = 0;
  for (const ValueInfo& other : plan_.values()) {
    if (other.slot == slot) positions = std::max(positions, other.positions);
  }
  LaneBuffer buffer;
  buffer.rows = AlignedBuffer(idx(elements * width_));
  buffer.change = AlignedBuffer(idx(positions * width_));
  buffer.channels.resize(idx(elements));
  buffer.counts.resize(idx(positions));
  buffer.dirty.resize(idx(positions));
  buffer.present.resize(idx(positions));
  return buffer;
}

void LaneValues::reset(int32_t lanes) {
  pack_vectors_ = lanes > plan_.table().lanes ? simd::kLaneVectors : 1;
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
  std::fill_n(b.present.begin(), info(value).positions, uint8_t{0});
  std::fill_n(b.dirty.begin(), info(value).positions, LaneMask{0});
  any_[idx(value)] = 0;
}

simd::LanePixel LaneValues::pixel(int value, int64_t position) const {
  const LaneBuffer& b = buffer(value);
  const int64_t first = position * info(value).channels;
  return {b.rows.data() + first * width_, b.channels.data() + first, b.counts[idx(position)]};
}

const float* LaneValues::change(int value, int64_t position) const {
  return buffer(value).change.data() + position * width_;
}

LaneValues::Room LaneValues::room(int value, int64_t position) {
  LaneBuffer& b = buffer(value);
  const int64_t first = position * info(value).channels;
  return {b.rows.data() + first * width_, b.channels.data() + first, b.change.data() + position * width_};
}

void LaneValues::commit(int value, int64_t position, int32_t rows, LaneMask dirty) {
  LaneBuffer& b = buffer(value);
  b.counts[idx(position)] = rows;
  b.dirty[idx(position)] = dirty;
  b.present[idx(position)] = dirty != 0;
  any_[idx(value)] |= dirty;
}

void LaneValues::make_present(int value, int64_t position) {
  if (!owns(value)) begin(value);
  LaneBuffer& b = buffer(value);
  if (b.present[idx(position)] != 0) return;
  const Room to = room(value, position);
  b.counts[idx(position)] = plan_.table().lane_spread(
      golden_.pixel(value, position), static_cast<int32_t>(info(value).channels), to.rows, to.channels);
  std::fill_n(to.change, width_, 0.0f);
  b.present[idx(position)] = 1;
}

void LaneValues::set(int value, int64_t position, int32_t channel, int lane, float x) {
  make_present(value, position);
  LaneBuffer& b = buffer(value);
  const Room to = room(value, position);
  int32_t& count = b.counts[idx(position)];
  const auto row = std::lower_bound(to.channels, to.channels + count, channel) - to.channels;
  if (row == count || to.channels[row] != channel) {
    std::copy_backward(to.channels + row, to.channels + count, to.channels + count + 1);
    std::copy_backward(to.rows + row * width_, to.rows + count * width_, to.rows + (count + 1) * width_);
    to.channels[row] = channel;
    std::fill_n(to.rows + row * width_, width_, 0.0f);
    ++count;
  }
  to.rows[row * width_ + lane] = x;
  const float difference = x - golden_.pixel(value, position)[channel];
  to.change[lane] += difference * difference;
  b.dirty[idx(position)] |= LaneMask{1} << lane;
  any_[idx(value)] |= LaneMask{1} << lane;
}

void LaneValues::read(int value, int64_t position, int lane, float* out) const {
  const int64_t channels = info(value).channels;
  if (!present(value, position)) {
    std::copy_n(golden_.pixel(value, position), channels, out);
    return;
  }
  std::fill_n(out, channels, 0.0f);
  const simd::LanePixel from = pixel(value, position);
  for (int32_t i = 0; i < from.count; ++i) out[from.channels[i]] = from.values[i * width_ + lane];
}

}  // namespace tf_injector::replay
