#include "replay/lane_values.hpp"

#include <algorithm>
#include <utility>

namespace tf_injector::replay {
void LaneBuffer::reserve(int64_t more, int64_t width) {
  const int64_t wanted = used + more, have = static_cast<int64_t>(channels.size());
  if (wanted <= have) return;
  const int64_t grown = std::max(wanted, have + have / 2);
  AlignedBuffer larger(idx(grown * width));
  std::copy_n(rows.data(), used * width, larger.data());
  rows = std::move(larger);
  channels.resize(idx(grown));
}

LaneValues::LaneValues(const ReplayPlan& plan, const Golden& golden)
    : plan_(plan), golden_(golden), width_(plan.table().width()), any_(plan.values().size(), 0) {
  buffers_.resize(plan.plan().impl().memory.slot_elements.size());
  for (size_t value = 0; value < plan.values().size(); ++value) {
    LaneBuffer& b = buffers_[idx(plan.values()[value].slot)];
    if (b.first.empty()) b = make_buffer(static_cast<int>(value));
  }
}

LaneBuffer LaneValues::make_buffer(int value) const {
  const int64_t positions = plan_.slot_positions(info(value).slot);
  LaneBuffer buffer;
  buffer.change = AlignedBuffer(idx(positions * width_));
  buffer.first.resize(idx(positions));
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
  b.used = 0;
  std::fill_n(b.present.begin(), info(value).positions, uint8_t{0});
  std::fill_n(b.dirty.begin(), info(value).positions, LaneMask{0});
  any_[idx(value)] = 0;
}

simd::LanePixel LaneValues::pixel(int value, int64_t position) const {
  const LaneBuffer& b = buffer(value);
  const int64_t first = b.first[idx(position)];
  return {b.rows.data() + first * width_, b.channels.data() + first, b.counts[idx(position)]};
}

const float* LaneValues::change(int value, int64_t position) const {
  return buffer(value).change.data() + position * width_;
}

LaneValues::Room LaneValues::room(int value, int64_t position) {
  LaneBuffer& b = buffer(value);
  b.reserve(info(value).channels, width_);
  return {b.rows.data() + b.used * width_, b.channels.data() + b.used, b.change.data() + position * width_};
}

void LaneValues::commit(int value, int64_t position, int32_t rows, LaneMask dirty) {
  LaneBuffer& b = buffer(value);
  b.dirty[idx(position)] = dirty;
  b.present[idx(position)] = dirty != 0;
  if (dirty == 0) return;
  b.first[idx(position)] = b.used;
  b.counts[idx(position)] = rows;
  b.used += rows;
  any_[idx(value)] |= dirty;
}

void LaneValues::make_present(int value, int64_t position) {
  if (!owns(value)) begin(value);
  LaneBuffer& b = buffer(value);
  if (b.present[idx(position)] != 0) return;
  const Room to = room(value, position);
  const int32_t rows = plan_.table().lane_spread(
      golden_.pixel(value, position), static_cast<int32_t>(info(value).channels), to.rows, to.channels);
  std::fill_n(to.change, width_, 0.0f);
  b.present[idx(position)] = 1;
  b.first[idx(position)] = b.used;
  b.counts[idx(position)] = rows;
  b.used += rows;
}

void LaneValues::set(int value, int64_t position, int32_t channel, int lane, float x) {
  make_present(value, position);
  LaneBuffer& b = buffer(value);
  int64_t row = find_row(b, position, channel);
  if (row < 0) row = insert_row(b, position, channel);
  b.rows[idx(row * width_ + lane)] = x;
  const float difference = x - golden_.pixel(value, position)[channel];
  b.change[idx(position * width_ + lane)] += difference * difference;
  b.dirty[idx(position)] |= LaneMask{1} << lane;
  any_[idx(value)] |= LaneMask{1} << lane;
}

int64_t LaneValues::find_row(const LaneBuffer& b, int64_t position, int32_t channel) {
  const auto begin = b.channels.begin() + b.first[idx(position)], end = begin + b.counts[idx(position)];
  const auto row = std::lower_bound(begin, end, channel);
  return row != end && *row == channel ? row - b.channels.begin() : -1;
}

// A row of zeros in its place among the pixel's channels; the pixel moves behind all others first if it is
// not the last.
int64_t LaneValues::insert_row(LaneBuffer& b, int64_t position, int32_t channel) {
  int64_t& first = b.first[idx(position)];
  int32_t& count = b.counts[idx(position)];
  b.reserve(count + 1, width_);
  if (first + count != b.used) {
    std::copy_n(b.channels.begin() + first, count, b.channels.begin() + b.used);
    std::copy_n(b.rows.data() + first * width_, count * width_, b.rows.data() + b.used * width_);
    first = b.used;
    b.used += count;
  }
  const auto end = b.channels.begin() + b.used;
  const int64_t row = std::lower_bound(b.channels.begin() + first, end, channel) - b.channels.begin();
  std::copy_backward(b.channels.begin() + row, end, end + 1);
  float* rows = b.rows.data();
  std::copy_backward(rows + row * width_, rows + b.used * width_, rows + (b.used + 1) * width_);
  b.channels[idx(row)] = channel;
  std::fill_n(rows + row * width_, width_, 0.0f);
  ++b.used;
  ++count;
  return row;
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
