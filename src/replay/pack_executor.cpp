#include "replay/pack_executor.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <numeric>

#include "core/bits.hpp"
#include "replay/finish_pixel.hpp"

namespace tf_injector::replay {
namespace {

// Calls visit(lane) for every set bit, ascending.
template <class Visit>
void for_each_lane(LaneMask lanes, Visit visit) {
  for (; lanes != 0; lanes &= lanes - 1) visit(std::countr_zero(lanes));
}

bool has_negative_zero(const float* values, int64_t count) {
  bool found = false;
  for (int64_t i = 0; i < count; ++i) found |= float_bits(values[i]) == float_bits(-0.0f);
  return found;
}

}  // namespace

PackExecutor::PackExecutor(const ReplayPlan& plan, const GoldenActivations& golden, PackedActivations& values,
                           FaultedChannelOutputs& faulted_outputs)
    : plan_(plan),
      table_(plan.table()),
      width_(table_.width()),
      golden_(golden),
      values_(values),
      linear_(plan, golden, values),
      faulted_outputs_(faulted_outputs) {
  ArrayMaker maker;
  list_arrays(plan.sizes(), maker);
  std::iota(all_channels_.begin(), all_channels_.end(), 0);
}

void PackExecutor::run(size_t first, size_t end, std::span<const LayerFaults> hits, BatchContext context) {
  context_ = context;
  for (size_t s = first; s < end; ++s) {
    const ReplayStep& step = plan_.steps()[s];
    while (!hits.empty() && hits.front().step < s) hits = hits.subspan(1);
    const bool is_hit = !hits.empty() && hits.front().step == s;
    LaneMask reached = 0;
    for (int value : step.reads) reached |= values_.changed_lanes(value);
    if (reached == 0 && !is_hit) continue;
    values_.begin(step.output);
    const bool is_column_hit = is_hit && !hits.front().lane.empty();
    if (is_column_hit) {
      hit_linear(step, s, reached, hits.front());
    } else if (reached != 0) {
      replay_step(step, s, reached);
    }
    if (!is_hit) continue;
    const LayerFaults& hit = hits.front();
    LaneMask whole = 0;
    for (size_t l = 0; l < hit.patched.size(); ++l) whole |= hit.patched[l] != nullptr ? LaneMask{1} << l : 0;
    replay_whole(step, &hit, whole);
  }
}

void PackExecutor::replay_step(const ReplayStep& step, size_t index, LaneMask reached) {
  if (step.linear) {
    linear_.run(step, index, context_, {});
  } else if (step.elementwise) {
    replay_elementwise(step);
  } else if (step.function != nullptr) {
    replay_function(step);
  } else if (step.binary) {
    replay_binary(step);
  } else if (step.movement) {
    replay_movement(step);
  } else if (step.average) {
    replay_average(step);
  } else if (step.window) {
    replay_window(step);
  } else if (step.joins) {
    replay_join(step);
  } else {
    replay_whole(step, nullptr, reached);
  }
}

// --- the layer that a fault hits: one output channel per fault, from golden's inputs, at all positions ---

// Put into a pixel as soon as that is done, while it is at hand.
void PackExecutor::hit_linear(const ReplayStep& step, size_t index, LaneMask reached,
                              const LayerFaults& hit) {
  faulted_outputs_.compute(hit, step, context_);
  const auto put = [&](int64_t p) {
    changes_.clear();
    faulted_outputs_.at(p, [&](int32_t h, float value) {
      changes_.push_back({hit.channel[idx(h)], hit.lane[idx(h)], value});
    });
    values_.merge(step.output, p, changes_);
  };
  if (reached != 0) {
    linear_.run(step, index, context_, put);
  } else {
    for (int64_t p = 0; p < info(step.output).positions; ++p) put(p);
  }
}

// --- other forms: sums of all channels, of the lanes that are reached ---

// Rows of a pixel, +0 left out: as they lie, or put into `values`. Their channels, the change.
simd::LaneRows PackExecutor::read_rows(int value, int64_t p, LaneMask reach, float* values,
                                       int32_t* channels) {
  const simd::LaneTap tap = values_.tap(value, p, 0);
  return table_.lane_window({.taps = {&tap, 1},
                             .lanes = reach,
                             .cin = static_cast<int32_t>(info(value).channels),
                             .cout = 1,
                             .values = values,
                             .weight_at = channels,
                             .delta_sq_norm = delta_sq_norms_.data()});
}

void PackExecutor::load_pixel(int value, int64_t p, LaneMask reach, AlignedBuffer& to) {
  const int64_t row = vectors(reach) * table_.lanes;
  std::fill_n(to.data(), info(value).channels * width_, 0.0f);
  const simd::LaneRows rows = read_rows(value, p, reach);
  for (int32_t i = 0; i < rows.count; ++i)
    std::copy_n(rows.values + i * row, row, to.data() + row_channels_[idx(i)] * width_);
}

void PackExecutor::finish_sums(const ReplayStep& step, int64_t p, const simd::EpilogueCall& epilogue,
                               LaneMask reach, std::span<const int32_t> channels) {
  counters_.equal_lanes += finish_pixel(plan_, golden_, values_, target_of(step, p), epilogue,
                                        {.lanes = reach,
                                         .sums = sums_.data(),
                                         .channels = channels.data(),
                                         .count = static_cast<int32_t>(channels.size()),
                                         .nonzero_in = nullptr});
}

void PackExecutor::replay_elementwise(const ReplayStep& step) {
  for_each_reached(step, [&](int64_t p, LaneMask reach) {
    load_sums(step.reads.front(), p, reach);
    finish_sums(step, p, step.epilogue->parameters(), reach);
  });
}

void PackExecutor::replay_function(const ReplayStep& step) {
  for_each_reached(step, [&](int64_t p, LaneMask reach) {
    load_sums(step.reads.front(), p, reach);
    const int64_t row = vectors(reach) * table_.lanes;
    for (int64_t c = 0; c < info(step.output).channels; ++c) {
      float* sum = sums_.data() + c * width_;
      step.function->apply(sum, sum, row);
    }
    finish_sums(step, p, {}, reach);
  });
}

void PackExecutor::replay_binary(const ReplayStep& step) {
  const BinaryStep& binary = *step.binary;
  const int64_t channels = info(step.output).channels;
  const LaneMask at_all_positions = values_.lanes_at_all_positions(step.reads);
  const auto position = [&](size_t input, int64_t p) { return binary.one_position[input] ? 0 : p; };
  for (int64_t p = 0; p < info(step.output).positions; ++p) {
    LaneMask reach = at_all_positions;
    for (size_t i = 0; i < step.reads.size(); ++i)
      reach |= values_.changed_lanes(step.reads[i], position(i, p));
    if (reach == 0) continue;
    load_sums(step.reads.front(), position(0, p), reach);
    if (step.reads.size() == 2) load_pixel(step.reads.back(), position(1, p), reach, operand_);
    const int64_t row = vectors(reach) * table_.lanes;
    for (int64_t c = 0; c < channels; ++c) {
      float* sum = sums_.data() + c * width_;
      binary.kernel->compute(p * channels + c, sum, operand_.data() + c * width_, row, sum);
    }
    finish_sums(step, p, {}, reach);
  }
}

void PackExecutor::replay_movement(const ReplayStep& step) {
  for (int64_t p = 0; p < info(step.output).positions; ++p) {
    if (!move_pixel(step, p)) move_elements(step, p);
  }
}

// False: the pixel is not one input pixel with all its channels.
bool PackExecutor::move_pixel(const ReplayStep& step, int64_t p) {
  const MovementStep::Position& from = step.movement->positions[idx(p)];
  const int in = step.reads.front();
  if (from.source < 0) return false;
  const LanePixel pixel = values_.pixel(in, from.source);
  if (pixel.changed_lanes == 0) return true;
  const PackedActivations::PixelStorage to =
      values_.allocate_pixel(step.output, p, std::popcount(pixel.changed_lanes));
  std::copy_n(pixel.delta_sq_norm, (pixel.count + 1) * (pixel.rows - pixel.delta_sq_norm), to.values);
  for (int32_t i = 0; i < pixel.count; ++i) to.channels[i] = pixel.channels[i] + from.shift;
  values_.commit(step.output, p, pixel.count, pixel.changed_lanes);
  ++counters_.copied_pixels;
  return true;
}

void PackExecutor::move_elements(const ReplayStep& step, int64_t p) {
  const int in = step.reads.front();
  const int64_t channels = info(step.output).channels, in_channels = info(in).channels;
  const int32_t* from = step.movement->elements.data() + p * channels;
  LaneMask reach = 0;
  for (int64_t c = 0; c < channels; ++c) {
    if (from[c] != MovementKernel::kConstant) reach |= values_.changed_lanes(in, from[c] / in_channels);
  }
  if (reach == 0) return;
  const int64_t row = vectors(reach) * table_.lanes;
  int64_t read = -1;  // the input position that `rows` are of
  simd::LaneRows rows;
  for (int64_t c = 0; c < channels; ++c) {
    float* sum = sums_.data() + c * width_;
    if (from[c] == MovementKernel::kConstant) {
      std::fill_n(sum, row, step.movement->constant);
      continue;
    }
    if (const int64_t source = from[c] / in_channels; source != read) {
      rows = read_rows(in, source, reach);
      read = source;
    }
    const auto channel = static_cast<int32_t>(from[c] % in_channels);
    const auto end = row_channels_.begin() + rows.count,
               at = std::lower_bound(row_channels_.begin(), end, channel);
    if (at == end || *at != channel) {
      std::fill_n(sum, row, 0.0f);
    } else {
      std::copy_n(rows.values + (at - row_channels_.begin()) * row, row, sum);
    }
  }
  finish_sums(step, p, {}, reach);
}

void PackExecutor::replay_average(const ReplayStep& step) {
  const AverageGeometry& g = step.average->geometry;
  const int in = step.reads.front();
  const LaneMask at_all_positions = values_.lanes_at_all_positions(step.reads);
  for (int64_t p = 0; p < info(step.output).positions; ++p) {
    LaneMask reach = at_all_positions;
    for (int32_t from : g.windows[idx(p)].positions) reach |= values_.changed_lanes(in, from);
    if (reach == 0) continue;
    average_window(step, p, reach);
    finish_sums(step, p, {}, reach);
  }
}

// x + 0 is x for every x but -0. A sum begins at +0 and becomes -0 only where it is flushed (-1e-39, say);
// one that ends otherwise has met no zero while it was -0, or has lost that sign again.
void PackExecutor::average_window(const ReplayStep& step, int64_t p, LaneMask reach) {
  if (!sum_window(step, p, reach, false)) {
    ++counters_.negative_zeros;
    (void)sum_window(step, p, reach, true);
  }
  const AverageGeometry& g = step.average->geometry;
  const auto divisor = static_cast<float>(g.windows[idx(p)].positions.size());
  for (int64_t e = 0; e < g.channels * width_; ++e) sums_[idx(e)] = sums_[idx(e)] / divisor;
}

bool PackExecutor::sum_window(const ReplayStep& step, int64_t p, LaneMask reach, bool with_zeros) {
  const AverageGeometry& g = step.average->geometry;
  const std::vector<int32_t>& window = g.windows[idx(p)].positions;
  const int64_t size = g.channels * width_;
  const auto add = [&](size_t i, float* sums) {
    if (with_zeros) {
      load_pixel(step.reads.front(), window[i], reach, operand_);
      for (int64_t e = 0; e < size; ++e) sums[e] = sums[e] + operand_[idx(e)];
      return;
    }
    const simd::LaneRows rows = read_rows(step.reads.front(), window[i], reach);
    table_.lane_add(rows.values, row_channels_.data(), rows.count, vectors(reach), sums);
  };
  float* sums = sums_.data();
  std::fill_n(sums, size, 0.0f);
  bool is_exact = true;
  if (g.striped > 0) {
    std::fill_n(stripes_.data(), size * g.stripes, 0.0f);
    for (int64_t i = 0; i < g.striped; ++i) add(idx(i), stripes_.data() + i % g.stripes * size);
    is_exact = !has_negative_zero(stripes_.data(), size * g.stripes);
    std::copy_n(stripes_.data(), size, sums);
    for (int s = 1; s < g.stripes; ++s) {
      const float* stripe = stripes_.data() + s * size;
      for (int64_t e = 0; e < size; ++e) sums[e] = sums[e] + stripe[e];
    }
  }
  for (size_t i = idx(g.striped); i < window.size(); ++i) add(i, sums);
  return is_exact && !has_negative_zero(sums, size);
}

// Any other step: run as it is on the fault's own inputs, then compared.
void PackExecutor::replay_whole(const ReplayStep& step, const LayerFaults* hit, LaneMask lanes) {
  counters_.whole_runs += std::popcount(lanes);
  for_each_lane(lanes, [&](int lane) {
    const Kernel* kernel = step.kernel;
    if (hit != nullptr && !hit->patched.empty() && hit->patched[idx(lane)] != nullptr)
      kernel = hit->patched[idx(lane)].get();
    for (size_t i = 0; i < step.reads.size(); ++i)
      pointers_[i] = materialize(step.reads[i], lane, whole_in_[i]);
    kernel->run({.inputs = {pointers_.data(), step.reads.size()},
                 .output = whole_out_.data(),
                 .images = 1,
                 .batch = context_.batch,
                 .batch_index = context_.batch_index});
    store_whole(step.output, lane, whole_out_.data());
  });
}

// All of a value as one fault has it: golden's own array when the fault has not reached it.
const float* PackExecutor::materialize(int value, int lane, AlignedBuffer& scratch) const {
  if ((values_.changed_lanes(value) >> lane & 1) == 0) return golden_.value(value);
  const ValueInfo& v = info(value);
  for (int64_t p = 0; p < v.positions; ++p) values_.read(value, p, lane, scratch.data() + p * v.channels);
  return scratch.data();
}

void PackExecutor::store_whole(int value, int lane, const float* result) {
  const ValueInfo& v = info(value);
  float* before = stripes_.data();
  for (int64_t p = 0; p < v.positions; ++p) {
    const float* now = result + p * v.channels;
    values_.read(value, p, lane, before);  // golden's, or what the step's own weights gave
    if (std::memcmp(now, before, idx(v.channels) * sizeof(float)) == 0) continue;
    changes_.clear();
    for (int32_t c = 0; c < v.channels; ++c) {
      if (float_bits(now[c]) != float_bits(before[c])) changes_.push_back({c, lane, now[c]});
    }
    values_.merge(value, p, changes_);
  }
}

}  // namespace tf_injector::replay
