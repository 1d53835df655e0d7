// How often each shortcut of replay was taken: what is left out leaves no other trace, so that a shortcut
// that is no longer taken would only show as time (tests/replay/counters_test.cpp).
#pragma once

#include <array>
#include <cstdint>

namespace tf_injector::detail::replay {

// Of everything since the object was made. Counted per position, step or pack, never per channel: each worker
// has its own, ReplayWorkspace::counters() adds them up.
struct Counters {
  int64_t prefix_faults = 0;             // began with golden values at the step that they hit
  int64_t columns = 0;                   // one output channel computed in the place of a whole layer
  int64_t column_positions_skipped = 0;  // of hit layers: the faulted weights meet nothing but +0 there
  // Positions of convolutions and Dense that no fault of the pack (of the fault, where it runs alone)
  // reaches.
  int64_t positions_unreached = 0;
  int64_t equal_lanes = 0;      // pixels of a fault equal to golden ones: nothing is computed from them
  int64_t zero_inputs = 0;      // inputs left out of chains, +0 in every lane
  int64_t clipped_outputs = 0;  // outputs left out, certain to be clipped
  int64_t batched_faults = 0;   // in packs of two and more
  int64_t packs_saved = 0;      // by packing survivors anew
  int64_t alone_faults = 0;     // run one by one, through a segment or several
  int64_t ended_packs = 0;      // no lane differs from golden at the end of a segment
  int64_t negative_zeros = 0;   // positions computed once more: a sum ended in -0 with its zeros left out
  int64_t single_lanes = 0;     // pixels of a fault computed with the output channels across the lanes
  int64_t copied_pixels = 0;    // moved as they lie
  int64_t whole_runs =
      0;  // steps run by their own kernel for one fault of a pack: no form, or a shared weight

  Counters& operator+=(const Counters& other) noexcept;
};

struct Counter {
  const char* name;
  int64_t Counters::*count;
};

inline constexpr std::array<Counter, 15> kCounters = {{
    {"prefix_faults", &Counters::prefix_faults},
    {"columns", &Counters::columns},
    {"column_positions_skipped", &Counters::column_positions_skipped},
    {"positions_unreached", &Counters::positions_unreached},
    {"equal_lanes", &Counters::equal_lanes},
    {"zero_inputs", &Counters::zero_inputs},
    {"clipped_outputs", &Counters::clipped_outputs},
    {"batched_faults", &Counters::batched_faults},
    {"packs_saved", &Counters::packs_saved},
    {"alone_faults", &Counters::alone_faults},
    {"ended_packs", &Counters::ended_packs},
    {"negative_zeros", &Counters::negative_zeros},
    {"single_lanes", &Counters::single_lanes},
    {"copied_pixels", &Counters::copied_pixels},
    {"whole_runs", &Counters::whole_runs},
}};
static_assert(sizeof(Counters) == kCounters.size() * sizeof(int64_t), "a counter is missing in kCounters");

inline Counters& Counters::operator+=(const Counters& other) noexcept {
  for (const Counter& counter : kCounters) this->*counter.count += other.*counter.count;
  return *this;
}

}  // namespace tf_injector::detail::replay
