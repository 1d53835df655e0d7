// The activations of a pack of faults, one fault per SIMD lane, stored sparsely: only pixels that some fault
// has changed, of them only the lanes that differ from golden, and only channels that are not zero in all of
// these.
#pragma once

#include <cassert>
#include <cstdint>
#include <span>
#include <vector>

#include "core/aligned_buffer.hpp"
#include "core/round_up.hpp"
#include "replay/arrays.hpp"
#include "replay/golden_activations.hpp"
#include "replay/plan/replay_plan.hpp"

namespace tf_injector::detail::replay {

using simd::LaneChange;
using simd::LaneMask;
using simd::LanePixel;

// The changed pixels of one value in one pack, contiguous in the order in which they were written: the
// working set stays small. The buffer grows on demand up to a limit and is compacted there, since a pixel
// that is rewritten elsewhere leaves a hole.
struct SparsePixelBuffer {
  struct Place {
    int64_t values = 0;    // in `values`: squared norms of the deltas, then the rows
    int32_t channels = 0;  // in `channels`
    int32_t count = 0;     // of rows
    int32_t stride = 0;    // floats of a row
    int32_t capacity = 0;  // rows that it may hold
  };
  int owner = -1;         // value whose pixels it holds
  int64_t positions = 0;  // of that value
  PixelBufferLimit most;  // of `values` and `channels`
  AlignedBuffer values;
  std::vector<int32_t> channels;  // of each row; a vector of padding behind
  int64_t used_values = 0, used_channels = 0;
  std::vector<LaneMask> changed_lanes;  // per position
  std::vector<Place> places;            // per position; valid where a lane differs

  template <class To>
  void list_arrays(const SlotSizes& slot, To& to) {
    to.grow(values, slot.limit.values);
    to.grow(channels, slot.limit.channels);
    to.add(changed_lanes, slot.positions);
    to.add(places, slot.positions);
  }
  // Empties the buffer for a value of so many positions: all of them are golden.
  void begin(int value, int64_t its_positions);
  // Reassigns the buffer to another slot: discards its contents, and frees storage larger than the slot's
  // limit.
  void become(const SlotSizes& slot);
  // Makes sure that so many more floats and channels fit. Invalidates pointers to pixels.
  void reserve(int64_t more_values, int64_t more_channels);
  // Compaction: moves the pixels together, so that holes are usable again. Invalidates pointers to pixels.
  void pack();
  // Is it the pixel written last? Only its storage can be released.
  [[nodiscard]] bool is_last(const Place& place) const {
    return place.values + int64_t{place.capacity + 1} * place.stride == used_values;
  }
  void release_pixel(int64_t position) {
    Place& place = places[static_cast<size_t>(position)];
    assert(is_last(place));
    used_values = place.values;
    used_channels = place.channels;
    place.capacity = 0;
  }
  [[nodiscard]] LanePixel pixel(int64_t position) const {
    const LaneMask lanes = changed_lanes[static_cast<size_t>(position)];
    if (lanes == 0) return {};
    const Place& place = places[static_cast<size_t>(position)];
    const float* delta_sq_norm = values.data() + place.values;
    return {lanes, delta_sq_norm, delta_sq_norm + place.stride, channels.data() + place.channels,
            place.count};
  }
};

// Read access to one value at many positions. Valid until the value is written.
class ActivationView {
 public:
  ActivationView() = default;
  // `buffer` null: no lane differs from golden at any position.
  ActivationView(const SparsePixelBuffer* buffer, const float* golden, int64_t channels)
      : buffer_(buffer),
        changed_lanes_(buffer != nullptr ? buffer->changed_lanes.data() : nullptr),
        golden_(golden),
        channels_(channels) {}
  [[nodiscard]] bool is_changed() const noexcept { return buffer_ != nullptr; }
  // Lanes that differ from golden at a position.
  [[nodiscard]] LaneMask changed_lanes(int64_t position) const {
    return is_changed() ? changed_lanes_[position] : 0;
  }
  [[nodiscard]] LanePixel pixel(int64_t position) const {
    return is_changed() ? buffer_->pixel(position) : LanePixel{};
  }
  [[nodiscard]] simd::LaneTap tap(int64_t position, int32_t tap) const {
    return {pixel(position), golden_ + position * channels_, tap};
  }

 private:
  const SparsePixelBuffer* buffer_ = nullptr;
  const LaneMask* changed_lanes_ = nullptr;
  const float* golden_ = nullptr;
  int64_t channels_ = 0;
};

struct PackedActivationsArrays {
  std::vector<SparsePixelBuffer> buffers_;  // per slot of the memory plan
  std::vector<LaneMask> changed_lanes_;     // per value
  AlignedBuffer merged_;                    // a pixel that is merged in its old place
  std::vector<int32_t> merged_channels_, listed_, channel_places_;

  template <class To>
  void list_arrays(const ReplaySizes& sizes, To& to) {
    to.repeat(buffers_, static_cast<int64_t>(sizes.slots.size()),
              [&](SparsePixelBuffer& buffer, int64_t slot) {
                buffer.most = sizes.slots[idx(slot)].limit;
                buffer.list_arrays(sizes.slots[idx(slot)], to);
              });
    to.add(changed_lanes_, static_cast<int64_t>(sizes.values.size()));
    to.add(merged_, (sizes.channels + 2) * sizes.width);
    to.add(merged_channels_, sizes.channels);
    to.add(listed_, sizes.channels + simd::kMaxWidth);
    to.add(channel_places_, sizes.channels);
  }
};

// Of the pack that is being worked on.
class PackedActivations : PackedActivationsArrays {
 public:
  PackedActivations(const ReplayPlan& plan, const GoldenActivations& golden);

  // Begins a pack of so many faults: no lane of any value differs from golden.
  void reset(int32_t lanes);
  [[nodiscard]] LaneMask all_lanes() const noexcept { return all_lanes_; }
  // An empty buffer of the value's size.
  [[nodiscard]] SparsePixelBuffer make_buffer(int value) const;
  // Takes the value's buffer out and puts another one of its size in its place.
  [[nodiscard]] SparsePixelBuffer exchange(int value, SparsePixelBuffer other);
  // The exchanged buffer holds the value, changed in these lanes.
  void put(int value, LaneMask changed_lanes) { changed_lanes_[static_cast<size_t>(value)] = changed_lanes; }
  // Begins to write a value: no lane differs from golden at any position.
  void begin(int value);

  [[nodiscard]] ActivationView view(int value) const {
    return {changed_lanes(value) == 0 ? nullptr : &buffer(value), golden_.value(value), info(value).channels};
  }
  // Lanes that differ from golden anywhere in the value, at a position.
  [[nodiscard]] LaneMask changed_lanes(int value) const { return changed_lanes_[static_cast<size_t>(value)]; }
  [[nodiscard]] LaneMask changed_lanes(int value, int64_t position) const {
    return view(value).changed_lanes(position);
  }
  // Lanes that are computed at every position of what is made of these values: none, unless the shortcut
  // `reach` is left out.
  [[nodiscard]] LaneMask lanes_at_all_positions(std::span<const int> reads) const {
    LaneMask lanes = 0;
    if (!plan_.shortcuts().reach) {
      for (const int value : reads) lanes |= changed_lanes(value);
    }
    return lanes;
  }
  [[nodiscard]] LanePixel pixel(int value, int64_t position) const { return view(value).pixel(position); }
  // Vectors of so many lanes, in floats.
  [[nodiscard]] int32_t stride(int32_t lanes) const { return round_up(lanes, vector_); }
  [[nodiscard]] simd::LaneTap tap(int value, int64_t position, int32_t tap) const {
    return view(value).tap(position, tap);
  }

  // Storage for a pixel of so many lanes: squared norms of the deltas, rows, the rows' channels. The caller
  // fills it; commit() then says how many rows there are and which lanes differ (none: the pixel is golden).
  // Invalidates pointers to the value's other pixels.
  struct PixelStorage {
    float* values;
    int32_t* channels;
  };
  [[nodiscard]] PixelStorage allocate_pixel(int value, int64_t position, int32_t lanes);
  void commit(int value, int64_t position, int32_t rows, LaneMask changed_lanes);
  // The storage that a pixel has, if so many rows of so many lanes fit into it, else new storage.
  [[nodiscard]] PixelStorage reallocate_pixel(int value, int64_t position, int32_t lanes, int64_t rows);
  // Changes elements of a pixel; sorts them, if they are not ascending by channel.
  void merge(int value, int64_t position, std::vector<LaneChange>& changes);
  // One lane of a pixel, dense.
  void read(int value, int64_t position, int lane, float* out) const;

  // Scratch: a number per channel of any value, all 0 before and after use.
  [[nodiscard]] int32_t* channel_places() noexcept { return channel_places_.data(); }

 private:
  [[nodiscard]] const ValueInfo& info(int value) const { return plan_.values()[static_cast<size_t>(value)]; }
  [[nodiscard]] SparsePixelBuffer& buffer(int value) {
    return buffers_[static_cast<size_t>(info(value).slot)];
  }
  [[nodiscard]] const SparsePixelBuffer& buffer(int value) const {
    return buffers_[static_cast<size_t>(info(value).slot)];
  }

  const ReplayPlan& plan_;
  const GoldenActivations& golden_;
  const int32_t vector_;
  LaneMask all_lanes_ = 0;
};

}  // namespace tf_injector::detail::replay
