// The values of a network as the faults of a pack have them, one fault per SIMD lane. A pixel that no fault
// has changed is golden's and takes no room; a changed one is a list of the channels that are not zero in
// every lane.
#pragma once

#include <cstdint>
#include <vector>

#include "core/aligned_buffer.hpp"
#include "replay/golden.hpp"
#include "replay/replay_plan.hpp"

namespace tf_injector::replay {

using LaneMask = uint32_t;  // bit l: lane l

// One value's pixels in one pack. Rows lie one behind the other in the order in which pixels were written, so
// that what is used stays together; the buffer grows as it has to.
struct LaneBuffer {
  int owner = -1;                 // value whose pixels it holds
  AlignedBuffer rows;             // [used][width]
  std::vector<int32_t> channels;  // [used]: the channel of each row
  int64_t used = 0;
  std::vector<int64_t> first;   // per position: its first row
  std::vector<int32_t> counts;  // per position: how many rows
  AlignedBuffer change;         // [positions][width]
  std::vector<LaneMask> dirty;  // per position
  std::vector<uint8_t> present;

  // Room for so many rows behind the used ones. Pointers to rows are void afterwards.
  void reserve(int64_t more, int64_t width);
};

// Of the pack that is being worked on.
class LaneValues {
 public:
  LaneValues(const ReplayPlan& plan, const Golden& golden);

  // Another pack of so many faults: every value is golden's.
  void reset(int32_t lanes);
  // Vectors of lanes that are in use.
  [[nodiscard]] int32_t pack_vectors() const noexcept { return pack_vectors_; }
  // A buffer for the value; where it will not be needed any more, a used one is fine.
  [[nodiscard]] LaneBuffer make_buffer(int value) const;
  // Takes the value's buffer out and puts another of its size in.
  [[nodiscard]] LaneBuffer exchange(int value, LaneBuffer other);
  // The exchanged buffer holds the value, changed in `any` lanes.
  void put(int value, LaneMask any) { any_[static_cast<size_t>(value)] = any; }
  // The value's buffer is about to be written: all its pixels are golden's.
  void begin(int value);

  // Lanes that differ from golden anywhere in the value, at a position.
  [[nodiscard]] LaneMask any(int value) const { return any_[static_cast<size_t>(value)]; }
  [[nodiscard]] LaneMask dirty(int value, int64_t position) const {
    return any(value) == 0 ? 0 : buffer(value).dirty[static_cast<size_t>(position)];
  }
  // False: the pixel is golden's in all lanes.
  [[nodiscard]] bool present(int value, int64_t position) const {
    return owns(value) && buffer(value).present[static_cast<size_t>(position)] != 0;
  }
  // The rows of a present pixel.
  [[nodiscard]] simd::LanePixel pixel(int value, int64_t position) const;
  [[nodiscard]] const float* change(int value, int64_t position) const;  // [width], of a present pixel
  // Makes the pixel present, with golden's values where it was not. Pointers to the value's other pixels are
  // void.
  void make_present(int value, int64_t position);

  // Room for the rows of a pixel, its channels and its change; commit() says how many rows there are and
  // which lanes differ (none: the pixel stays golden's). Pointers to the value's other pixels are void.
  struct Room {
    float* rows;
    int32_t* channels;
    float* change;
  };
  [[nodiscard]] Room room(int value, int64_t position);
  void commit(int value, int64_t position, int32_t rows, LaneMask dirty);
  // Changes one lane of one channel to `x`.
  void set(int value, int64_t position, int32_t channel, int lane, float x);
  // One lane of a pixel, dense.
  void read(int value, int64_t position, int lane, float* out) const;

 private:
  [[nodiscard]] const ValueInfo& info(int value) const { return plan_.values()[static_cast<size_t>(value)]; }
  [[nodiscard]] LaneBuffer& buffer(int value) { return buffers_[static_cast<size_t>(info(value).slot)]; }
  [[nodiscard]] const LaneBuffer& buffer(int value) const {
    return buffers_[static_cast<size_t>(info(value).slot)];
  }
  [[nodiscard]] static int64_t find_row(const LaneBuffer& b, int64_t position, int32_t channel);
  int64_t insert_row(LaneBuffer& b, int64_t position, int32_t channel);
  [[nodiscard]] bool owns(int value) const { return buffer(value).owner == value; }

  const ReplayPlan& plan_;
  const Golden& golden_;
  const int64_t width_;
  int32_t pack_vectors_ = simd::kLaneVectors;
  std::vector<LaneBuffer> buffers_;  // per slot of the memory plan
  std::vector<LaneMask> any_;        // per value
};

}  // namespace tf_injector::replay
