// The values of a network as the faults of a pack have them, one fault per SIMD lane. A pixel that no fault
// has changed is golden's and takes no room; a changed one holds the lanes that differ, as a list of the
// channels that are not zero.
#pragma once

#include <cassert>
#include <cstdint>
#include <span>
#include <vector>

#include "core/aligned_buffer.hpp"
#include "replay/arrays.hpp"
#include "replay/golden_activations.hpp"
#include "replay/replay_plan.hpp"

namespace tf_injector::replay {

using simd::LaneChange;
using simd::LaneMask;
using simd::LanePixel;

// One value's pixels in one pack. They lie one behind the other in the order in which they were written, so
// that what is used stays together; the buffer grows as it has to, and is packed when it may grow no more:
// pixels that were written anew leave their old place unused.
struct SparsePixelBuffer {
  struct Place {
    int64_t values = 0;    // in `values`: the change, then the rows
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
  std::vector<Place> places;            // per position, where some lane is held

  template <class To>
  void list_arrays(const SlotSizes& slot, To& to) {
    to.grow(values, slot.limit.values);
    to.grow(channels, slot.limit.channels);
    to.add(changed_lanes, slot.positions);
    to.add(places, slot.positions);
  }
  // A value of so many positions, all golden's, is about to be written.
  void begin(int value, int64_t its_positions);
  // Is another's from now on, with what it has of memory, if that is not too much.
  void become(const SlotSizes& slot);
  // Room for so many more. Pointers to pixels are void afterwards.
  void reserve(int64_t more_values, int64_t more_channels);
  void pack();
  // The pixel written last: its room may be taken anew.
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

// A value to be read at many positions, until it is written again.
class ActivationView {
 public:
  ActivationView() = default;
  // `buffer` null: the value is golden's everywhere.
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

  // Another pack of so many faults: every value is golden's.
  void reset(int32_t lanes);
  [[nodiscard]] LaneMask all_lanes() const noexcept { return all_lanes_; }
  // A buffer for the value; where it will not be needed any more, a used one is fine.
  [[nodiscard]] SparsePixelBuffer make_buffer(int value) const;
  // Takes the value's buffer out and puts another of its size in.
  [[nodiscard]] SparsePixelBuffer exchange(int value, SparsePixelBuffer other);
  // The exchanged buffer holds the value, changed in these lanes.
  void put(int value, LaneMask changed_lanes) { changed_lanes_[static_cast<size_t>(value)] = changed_lanes; }
  // The value's buffer is about to be written: all its pixels are golden's.
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
  [[nodiscard]] int32_t stride(int32_t lanes) const { return (lanes + vector_ - 1) / vector_ * vector_; }
  [[nodiscard]] simd::LaneTap tap(int value, int64_t position, int32_t tap) const {
    return view(value).tap(position, tap);
  }

  // Room for a pixel of so many lanes: the change, the rows, their channels; commit() says how many rows
  // there are and which lanes they hold (none: the pixel stays golden's). Pointers to the value's other
  // pixels are void.
  struct PixelStorage {
    float* values;
    int32_t* channels;
  };
  [[nodiscard]] PixelStorage allocate_pixel(int value, int64_t position, int32_t lanes);
  void commit(int value, int64_t position, int32_t rows, LaneMask changed_lanes);
  // The room of a pixel that is there already, when so many rows of so many lanes fit in, else new room.
  [[nodiscard]] PixelStorage reallocate_pixel(int value, int64_t position, int32_t lanes, int64_t rows);
  // Changes elements of a pixel; sorts them, if they are not ascending by channel.
  void merge(int value, int64_t position, std::vector<LaneChange>& changes);
  // One lane of a pixel, dense.
  void read(int value, int64_t position, int lane, float* out) const;

  // Room of a number per channel of any value, all 0.
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

}  // namespace tf_injector::replay
