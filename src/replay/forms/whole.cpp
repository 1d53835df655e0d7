// Steps without a form: run by their own kernel for every lane, then compared with what was there.
#include <bit>
#include <cassert>
#include <cstring>

#include "core/bits.hpp"
#include "core/for_each_bit.hpp"
#include "replay/forms/forms.hpp"

namespace tf_injector::detail::replay {
namespace {

// All of a value as one lane has it: the golden array if the lane does not differ, else put into `dense`.
const float* materialize(int value, int lane, AlignedBuffer& dense, PackPixels& pixels) {
  const PackedActivations& values = pixels.values();
  if ((values.changed_lanes(value) >> lane & 1) == 0) return pixels.golden().value(value);
  const ValueInfo& v = pixels.info(value);
  for (int64_t p = 0; p < v.positions; ++p) values.read(value, p, lane, dense.data() + p * v.channels);
  return dense.data();
}

}  // namespace

WholeForm::WholeForm(const ReplaySizes& sizes) {
  ArrayMaker maker;
  list_arrays(sizes, maker);
}

void WholeForm::compute(const ReplayStep& step, LaneMask lanes,
                        std::span<const std::unique_ptr<const Kernel>> patched, BatchContext context,
                        PackPixels& pixels) {
  assert((lanes & ~pixels.values().all_lanes()) == 0);
  pixels.counters().whole_runs += std::popcount(lanes);
  for_each_bit(lanes, [&](int lane) {
    const bool is_patched = !patched.empty() && patched[idx(lane)] != nullptr;
    const Kernel* kernel = is_patched ? patched[idx(lane)].get() : step.kernel;
    for (size_t i = 0; i < step.reads.size(); ++i)
      pointers_[i] = materialize(step.reads[i], lane, in_[i], pixels);
    kernel->run({.inputs = {pointers_.data(), step.reads.size()},
                 .output = out_.data(),
                 .images = 1,
                 .batch = context.batch,
                 .batch_index = context.batch_index});
    store(step.output, lane, pixels);
  });
}

const float* WholeForm::read_value(int value, int lane, PackPixels& pixels) {
  return materialize(value, lane, out_, pixels);
}

// Stores the elements of out_ that differ from what the lane has: golden values, or those that the step gave
// with its own weights.
void WholeForm::store(int value, int lane, PackPixels& pixels) {
  const ValueInfo& v = pixels.info(value);
  float* before = before_.data();
  for (int64_t p = 0; p < v.positions; ++p) {
    const float* now = out_.data() + p * v.channels;
    pixels.values().read(value, p, lane, before);
    if (std::memcmp(now, before, idx(v.channels) * sizeof(float)) == 0) continue;
    changes_.clear();
    for (int32_t c = 0; c < v.channels; ++c) {
      if (float_bits(now[c]) != float_bits(before[c])) changes_.push_back({c, lane, now[c]});
    }
    pixels.values().merge(value, p, changes_);
  }
}

}  // namespace tf_injector::detail::replay
