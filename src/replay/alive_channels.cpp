#include "replay/alive_channels.hpp"

#include <algorithm>
#include <numeric>

#include "replay/dead_bound.hpp"

namespace tf_injector::replay {

AliveChannels::AliveChannels(const simd::SimdTable& table, int64_t channels)
    : table_(table), lane_count_(table.lanes) {
  const size_t size = idx(channels + 4 * lane_count_);  // padding
  for (std::vector<int32_t>* list : {&channels_, &all_, &alive_in_}) list->resize(size);
  std::iota(all_.begin(), all_.end(), 0);
  lanes_.resize(size);
  for (Level& level : levels_) {
    level.channels.resize(size);
    level.rows.resize(size);
  }
}

void AliveChannels::take_all(int32_t cout, int32_t faults) {
  vectors_ = (faults + lane_count_ - 1) / lane_count_;
  count_ = cout;
  std::copy_n(all_.begin(), cout, channels_.begin());
  for (Level& level : levels_) level.count = 0;
  Level& level = levels_[idx(vectors_ - 1)];
  level.count = cout;
  std::copy_n(all_.begin(), cout, level.channels.begin());
  std::copy_n(all_.begin(), cout, level.rows.begin());
}

void AliveChannels::find(const DeadBound& dead, int32_t cout, const Golden::BeforeRelu& golden,
                         const float* change, const float* add_change, int32_t faults) {
  vectors_ = (faults + lane_count_ - 1) / lane_count_;
  std::array<float, simd::kLaneVectors> reach{}, shift{};
  float most = 0.0f, most_add = 0.0f;
  for (int32_t v = 0; v < vectors_; ++v) {
    const auto at = idx(vectors_ - 1 - v);
    const int32_t first = v * lane_count_, end = std::min(faults, first + lane_count_);
    most = std::max(most, *std::max_element(change + first, change + end));
    reach[at] = norm_of(most);
    if (add_change == nullptr) continue;
    most_add = std::max(most_add, *std::max_element(add_change + first, add_change + end));
    shift[at] = most_add > 0.0f ? norm_of(most_add) : 0.0f;
  }
  count_ = table_.lane_alive({.y = golden.y,
                              .noise = dead.noise.data(),
                              .offset = dead.offset.data(),
                              .slope = dead.slope.data(),
                              .input_norm = golden.input_norm,
                              .add_noise = DeadBound::kFewRoundings * golden.add_norm,
                              .vectors = vectors_,
                              .reach = reach.data(),
                              .shift = shift.data(),
                              .cout = cout,
                              .channels = channels_.data(),
                              .alive_in = alive_in_.data()});
  fill_levels(faults);
}

// From channels_ and alive_in_.
void AliveChannels::fill_levels(int32_t faults) {
  std::array<LaneMask, simd::kLaneVectors> lanes{};
  const LaneMask all = ~LaneMask{0} >> (64 - faults);
  for (int32_t v = 0; v < vectors_; ++v)
    lanes[idx(v)] = all >> ((vectors_ - 1 - v) * lane_count_) << ((vectors_ - 1 - v) * lane_count_);
  for (Level& level : levels_) level.count = 0;
  for (int32_t i = 0; i < count_; ++i) {
    const auto l = idx(alive_in_[idx(i)] - 1);
    Level& level = levels_[l];
    level.channels[idx(level.count)] = channels_[idx(i)];
    level.rows[idx(level.count)] = i;
    ++level.count;
    lanes_[idx(i)] = lanes[l];
  }
}

}  // namespace tf_injector::replay
