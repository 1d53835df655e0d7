#include "replay/lane_steps.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <numeric>

#include "core/bits.hpp"

namespace tf_injector::replay {
namespace {

// Calls visit(lane) for every set bit, ascending.
template <class Visit>
void for_each_lane(LaneMask lanes, Visit visit) {
  for (; lanes != 0; lanes &= lanes - 1) visit(std::countr_zero(lanes));
}

}  // namespace

LaneSteps::LaneSteps(const ReplayPlan& plan, const Golden& golden, LaneValues& values)
    : plan_(plan), table_(plan.table()), width_(table_.width()), golden_(golden), values_(values) {
  int64_t most_elements = 0, most_channels = 0, most_columns = 0, most_taps = 1, most_depth = 0;
  int most_stripes = 1;
  size_t most_reads = 1;
  for (const ValueInfo& value : plan.values()) {
    most_elements = std::max(most_elements, value.elements());
    most_channels = std::max(most_channels, value.channels);
  }
  for (const StepInfo& step : plan.steps()) {
    most_reads = std::max(most_reads, step.reads.size());
    if (step.average) most_stripes = std::max(most_stripes, step.average->geometry.stripes);
    if (!step.linear) continue;
    const LinearGeometry& g = step.linear->geometry;
    most_taps = std::max(most_taps, g.taps);
    most_depth = std::max(most_depth, g.taps * g.cin);
    most_columns = std::max(most_columns, g.out_positions);
  }
  sums_ = AlignedBuffer(idx(most_channels * width_));
  stripes_ = AlignedBuffer(idx(most_channels * width_ * most_stripes));
  columns_ = AlignedBuffer(idx(most_columns * width_));
  for (AlignedBuffer* lanes : {&lane_golden_, &lane_add_, &lane_out_}) *lanes = AlignedBuffer(idx(width_));
  whole_out_ = AlignedBuffer(idx(most_elements));
  for (size_t i = 0; i < most_reads; ++i) whole_in_.emplace_back(idx(most_elements));
  dense_rows_ = AlignedBuffer(idx(most_depth * width_));
  all_channels_.resize(idx(most_channels));
  std::iota(all_channels_.begin(), all_channels_.end(), 0);
  alive_.resize(idx(most_channels) + 64);
  pixels_.resize(idx(most_taps));
  cut_.resize(idx(most_taps));
  weights_.resize(idx(most_taps));
  cut_weights_.resize(idx(most_taps));
  changes_.resize(idx(most_taps));
  pointers_.resize(most_reads);
}

void LaneSteps::run(size_t first, size_t end, std::span<const Hit> hits, BatchContext context) {
  context_ = context;
  for (size_t s = first; s < end; ++s) {
    const StepInfo& step = plan_.steps()[s];
    while (!hits.empty() && hits.front().step < s) hits = hits.subspan(1);
    const bool is_hit = !hits.empty() && hits.front().step == s;
    LaneMask reached = 0;
    for (int value : step.reads) reached |= values_.any(value);
    if (reached == 0 && !is_hit) continue;
    values_.begin(step.output);
    if (reached != 0) replay_step(step, s, reached);
    if (!is_hit) continue;
    const Hit& hit = hits.front();
    if (!hit.lane.empty()) hit_linear(hit, step);
    LaneMask whole = 0;
    for (size_t l = 0; l < hit.patched.size(); ++l) whole |= hit.patched[l] != nullptr ? LaneMask{1} << l : 0;
    replay_whole(step, &hit, whole);
  }
}

void LaneSteps::replay_step(const StepInfo& step, size_t index, LaneMask reached) {
  if (step.linear) {
    replay_linear(step, index);
  } else if (step.elementwise) {
    replay_elementwise(step);
  } else if (step.movement) {
    replay_movement(step);
  } else if (step.average) {
    replay_average(step);
  } else {
    replay_whole(step, nullptr, reached);
  }
}

// --- convolutions and Dense behind the fault ---

// Only the vectors with a lane that something reaches; the others keep golden's value.
LaneSteps::Vectors LaneSteps::vectors_of(LaneMask reach) const {
  const auto lower = static_cast<LaneMask>((uint64_t{1} << table_.lanes) - 1);
  if ((reach & ~lower) == 0) return {0, 1};
  if ((reach & lower) == 0) return {1, 1};
  return {0, simd::kLaneVectors};
}

void LaneSteps::replay_linear(const StepInfo& step, size_t index) {
  const LinearGeometry& g = step.linear->geometry;
  const int in = step.reads.front();
  const bool in_reached = values_.any(in) != 0;
  for (int64_t p = 0; p < g.out_positions; ++p) {
    LaneMask reach = step.has_add ? values_.dirty(step.reads.back(), p) : 0;
    const int32_t* from = g.source.data() + p * g.taps;
    for (int64_t t = 0; in_reached && t < g.taps; ++t) reach |= from[t] >= 0 ? values_.dirty(in, from[t]) : 0;
    if (reach != 0) linear_position(step, index, p, vectors_of(reach));
  }
}

void LaneSteps::linear_position(const StepInfo& step, size_t index, int64_t p, Vectors vectors) {
  const LinearStep& linear = *step.linear;
  const LinearGeometry& g = linear.geometry;
  const int in = step.reads.front();
  int32_t taps = 0;
  for (int64_t t = 0; t < g.taps; ++t) {
    const int32_t from = g.source[idx(p * g.taps + t)];
    if (from >= 0) values_.make_present(in, from);
  }
  for (int64_t t = 0; t < g.taps; ++t) {
    const int32_t from = g.source[idx(p * g.taps + t)];
    if (from < 0) continue;
    pixels_[idx(taps)] = values_.pixel(in, from);
    changes_[idx(taps)] = values_.change(in, from);
    weights_[idx(taps++)] = linear.weights.data() + t * g.cin * g.cout;
  }
  const int32_t* channels = all_channels_.data();
  auto count = static_cast<int32_t>(g.cout);
  if (linear.dead) {
    const int add = step.reads.back();
    const bool add_changed = step.has_add && values_.present(add, p);
    const float* const add_change[] = {add_changed ? values_.change(add, p) : nullptr};
    count = table_.lane_alive(
        {.margin = golden_.margin(index, p),
         .slope = linear.dead->slope.data(),
         .reach = norm_of(table_.lane_change(changes_.data(), taps, values_.pack_vectors())),
         .shift = add_changed ? norm_of(table_.lane_change(add_change, 1, values_.pack_vectors())) : 0.0f,
         .cout = count,
         .channels = alive_.data()});
    channels = alive_.data();
  }
  if (count == 0) return;  // all outputs are certain to be clipped, golden's too
  run_chains(linear, {.taps = taps,
                      .pixels = pixels_.data(),
                      .weights = weights_.data(),
                      .cout = static_cast<int32_t>(g.cout),
                      .channels = channels,
                      .channel_count = count,
                      .first_vector = vectors.first,
                      .vectors = vectors.count,
                      .sums = sums_.data()});
  if (negative_zero_) {
    chain_with_all_rows(step, p, vectors);
    channels = all_channels_.data();
    count = static_cast<int32_t>(g.cout);
  }
  finish(step, p, step.epilogue->parameters(), count, channels, vectors);
}

// The chains of a position, cut into blocks as the layer's sum is.
void LaneSteps::run_chains(const LinearStep& linear, simd::LaneSumsCall call) {
  const std::span<const int64_t> blocks = linear.kernel->blocks(context_.batch);
  if (blocks.size() <= 1) {
    negative_zero_ = table_.lane_sums(call);
    return;
  }
  negative_zero_ = false;
  const simd::LanePixel* pixels = call.pixels;
  const int64_t cin = linear.geometry.cin;
  int64_t first = 0;
  for (const int64_t length : blocks) {
    // Taps are all there where a sum is cut (a Dense): tap t holds the inputs from t * cin on.
    call.taps = 0;
    for (int64_t t = first / cin; t * cin < first + length; ++t) {
      const simd::LanePixel& pixel = pixels[t];
      const int32_t* end = pixel.channels + pixel.count;
      const int32_t* low = std::lower_bound(pixel.channels, end, first - t * cin);
      const int32_t* high = std::lower_bound(low, end, first + length - t * cin);
      cut_[idx(call.taps)] = {pixel.values + (low - pixel.channels) * width_, low,
                              static_cast<int32_t>(high - low)};
      cut_weights_[idx(call.taps++)] = weights_[idx(t)];
    }
    call.pixels = cut_.data();
    call.weights = cut_weights_.data();
    call.add_to_sums = first != 0;
    negative_zero_ = table_.lane_sums(call) || negative_zero_;
    first += length;
  }
}

// A chain ended in -0 with its zero inputs left out: all channels again, nothing left out.
void LaneSteps::chain_with_all_rows(const StepInfo& step, int64_t p, Vectors vectors) {
  const LinearStep& linear = *step.linear;
  const LinearGeometry& g = linear.geometry;
  const int in = step.reads.front();
  std::fill_n(dense_rows_.data(), g.taps * g.cin * width_, 0.0f);
  int32_t taps = 0;
  for (int64_t t = 0; t < g.taps; ++t) {
    const int32_t from = g.source[idx(p * g.taps + t)];
    if (from == LinearGeometry::kSkipped) continue;
    float* rows = dense_rows_.data() + t * g.cin * width_;
    if (from >= 0) {
      const simd::LanePixel pixel = values_.pixel(in, from);
      for (int32_t i = 0; i < pixel.count; ++i)
        std::copy_n(pixel.values + i * width_, width_, rows + pixel.channels[i] * width_);
    }
    pixels_[idx(taps)] = {rows, all_channels_.data(), static_cast<int32_t>(g.cin)};
    weights_[idx(taps++)] = linear.weights.data() + t * g.cin * g.cout;
  }
  run_chains(linear, {.taps = taps,
                      .pixels = pixels_.data(),
                      .weights = weights_.data(),
                      .cout = static_cast<int32_t>(g.cout),
                      .channels = all_channels_.data(),
                      .channel_count = static_cast<int32_t>(g.cout),
                      .first_vector = vectors.first,
                      .vectors = vectors.count,
                      .sums = sums_.data()});
}

void LaneSteps::finish(const StepInfo& step, int64_t p, const simd::EpilogueCall& epilogue, int32_t count,
                       const int32_t* channels, Vectors vectors) {
  const LaneValues::Room to = values_.room(step.output, p);
  simd::LaneFinishCall call{.sums = sums_.data(),
                            .channels = channels,
                            .count = count,
                            .epilogue = epilogue,
                            .has_add = step.has_add,
                            .add = {},
                            .golden = golden_.pixel(step.output, p),
                            .first_vector = vectors.first,
                            .vectors = vectors.count,
                            .pack_vectors = values_.pack_vectors(),
                            .values = to.rows,
                            .out_channels = to.channels,
                            .change = to.change};
  if (step.has_add) {
    const int add = step.reads.back();
    if (values_.present(add, p)) {
      call.add = values_.pixel(add, p);
    } else {
      call.add_golden = golden_.pixel(add, p);
    }
  }
  int32_t rows = 0;
  const LaneMask dirty = table_.lane_finish(call, &rows);
  values_.commit(step.output, p, rows, dirty);
}

// --- the layer that a fault hits: one output channel per fault, from golden's inputs, at all positions ---

void LaneSteps::hit_linear(const Hit& hit, const StepInfo& step) {
  const LinearKernel& kernel = *step.linear->kernel;
  const auto count = static_cast<int32_t>(hit.lane.size());
  kernel.run_columns(golden_.value(step.reads.front()), hit.columns.data(), count, columns_.data(),
                     context_.batch);
  simd::ColumnsCall call{.faults = count,
                         .sums = nullptr,
                         .epilogue = hit.epilogue->parameters(),
                         .golden = lane_golden_.data(),
                         .out = lane_out_.data()};
  if (step.has_add) call.epilogue.add = lane_add_.data();
  for (int64_t p = 0; p < info(step.output).positions; ++p) {
    const float* golden = golden_.pixel(step.output, p);
    for (int32_t h = 0; h < count; ++h) lane_golden_[idx(h)] = golden[hit.channel[idx(h)]];
    if (step.has_add) {
      const float* add = golden_.pixel(step.reads.back(), p);
      for (int32_t h = 0; h < count; ++h) lane_add_[idx(h)] = add[hit.channel[idx(h)]];
    }
    call.sums = columns_.data() + p * count;
    for_each_lane(table_.columns(call), [&](int h) {
      values_.set(step.output, p, hit.channel[idx(h)], hit.lane[idx(h)], lane_out_[idx(h)]);
    });
  }
}

// --- other forms ---

void LaneSteps::load_sums(int value, int64_t p) {
  const int64_t channels = info(value).channels;
  if (!values_.present(value, p)) {
    const float* golden = golden_.pixel(value, p);
    for (int64_t c = 0; c < channels; ++c) std::fill_n(sums_.data() + c * width_, width_, golden[c]);
    return;
  }
  std::fill_n(sums_.data(), channels * width_, 0.0f);
  const simd::LanePixel pixel = values_.pixel(value, p);
  for (int32_t i = 0; i < pixel.count; ++i)
    std::copy_n(pixel.values + i * width_, width_, sums_.data() + pixel.channels[i] * width_);
}

void LaneSteps::replay_elementwise(const StepInfo& step) {
  for (int64_t p = 0; p < info(step.output).positions; ++p) {
    LaneMask reach = 0;
    for (int value : step.reads) reach |= values_.dirty(value, p);
    if (reach == 0) continue;
    load_sums(step.reads.front(), p);
    finish(step, p, step.epilogue->parameters(), static_cast<int32_t>(info(step.output).channels),
           all_channels_.data(), {0, values_.pack_vectors()});
  }
}

void LaneSteps::store_sums(const StepInfo& step, int64_t p) {
  finish(step, p, {}, static_cast<int32_t>(info(step.output).channels), all_channels_.data(),
         {0, values_.pack_vectors()});
}

void LaneSteps::replay_movement(const StepInfo& step) {
  for (int64_t p = 0; p < info(step.output).positions; ++p) {
    if (!move_pixel(step, p)) move_elements(step, p);
  }
}

// False: the pixel is not one input pixel with all its channels.
bool LaneSteps::move_pixel(const StepInfo& step, int64_t p) {
  const MovementStep::Position& from = step.movement->positions[idx(p)];
  const int in = step.reads.front();
  if (from.source < 0) return false;
  const LaneMask dirty = values_.dirty(in, from.source);
  if (dirty == 0) return true;
  const simd::LanePixel pixel = values_.pixel(in, from.source);
  const LaneValues::Room to = values_.room(step.output, p);
  std::copy_n(pixel.values, pixel.count * width_, to.rows);
  for (int32_t i = 0; i < pixel.count; ++i) to.channels[i] = pixel.channels[i] + from.shift;
  std::copy_n(values_.change(in, from.source), width_, to.change);
  values_.commit(step.output, p, pixel.count, dirty);
  return true;
}

void LaneSteps::move_elements(const StepInfo& step, int64_t p) {
  const int in = step.reads.front();
  const int64_t channels = info(step.output).channels, in_channels = info(in).channels;
  const int32_t* from = step.movement->elements.data() + p * channels;
  LaneMask reach = 0;
  for (int64_t c = 0; c < channels; ++c) {
    if (from[c] != MovementKernel::kConstant) reach |= values_.dirty(in, from[c] / in_channels);
  }
  if (reach == 0) return;
  for (int64_t c = 0; c < channels; ++c) {
    float* sum = sums_.data() + c * width_;
    const int64_t source = from[c] / in_channels;
    const auto channel = static_cast<int32_t>(from[c] % in_channels);
    if (from[c] == MovementKernel::kConstant) {
      std::fill_n(sum, width_, step.movement->constant);
    } else if (!values_.present(in, source)) {
      std::fill_n(sum, width_, golden_.pixel(in, source)[channel]);
    } else {
      const simd::LanePixel pixel = values_.pixel(in, source);
      const int32_t* end = pixel.channels + pixel.count;
      const int32_t* row = std::lower_bound(pixel.channels, end, channel);
      if (row == end || *row != channel) {
        std::fill_n(sum, width_, 0.0f);
      } else {
        std::copy_n(pixel.values + (row - pixel.channels) * width_, width_, sum);
      }
    }
  }
  store_sums(step, p);
}

void LaneSteps::replay_average(const StepInfo& step) {
  const AverageGeometry& g = step.average->geometry;
  const int in = step.reads.front();
  for (int64_t p = 0; p < info(step.output).positions; ++p) {
    LaneMask reach = 0;
    for (int32_t from : g.windows[idx(p)].positions) reach |= values_.dirty(in, from);
    if (reach == 0) continue;
    average_window(step, p);
    store_sums(step, p);
  }
}

// Zeros are left out of the sums: they begin at +0, and x + 0 is x for every x but -0, which no such sum
// becomes.
void LaneSteps::average_window(const StepInfo& step, int64_t p) {
  const AverageGeometry& g = step.average->geometry;
  const std::vector<int32_t>& window = g.windows[idx(p)].positions;
  const int in = step.reads.front();
  const int64_t size = g.channels * width_;
  const auto add = [&](size_t i, float* sums) {
    const bool changed = values_.present(in, window[i]);
    table_.lane_add(changed ? values_.pixel(in, window[i]) : simd::LanePixel{},
                    changed ? nullptr : golden_.pixel(in, window[i]), static_cast<int32_t>(g.channels), sums);
  };
  float* sums = sums_.data();
  std::fill_n(sums, size, 0.0f);
  if (g.striped > 0) {
    std::fill_n(stripes_.data(), size * g.stripes, 0.0f);
    for (int64_t i = 0; i < g.striped; ++i) add(idx(i), stripes_.data() + i % g.stripes * size);
    std::copy_n(stripes_.data(), size, sums);
    for (int s = 1; s < g.stripes; ++s) {
      const float* stripe = stripes_.data() + s * size;
      for (int64_t e = 0; e < size; ++e) sums[e] = sums[e] + stripe[e];
    }
  }
  for (size_t i = idx(g.striped); i < window.size(); ++i) add(i, sums);
  const auto divisor = static_cast<float>(window.size());
  for (int64_t e = 0; e < size; ++e) sums[e] = sums[e] / divisor;
}

// Any other step: run as it is on the fault's own inputs, then compared.
void LaneSteps::replay_whole(const StepInfo& step, const Hit* hit, LaneMask lanes) {
  for_each_lane(lanes, [&](int lane) {
    const Kernel* kernel = step.kernel;
    if (hit != nullptr && !hit->patched.empty() && hit->patched[idx(lane)] != nullptr)
      kernel = hit->patched[idx(lane)].get();
    for (size_t i = 0; i < step.reads.size(); ++i)
      pointers_[i] = materialize(step.reads[i], lane, whole_in_[i]);
    kernel->run({.inputs = {pointers_.data(), step.reads.size()},
                 .output = whole_out_.data(),
                 .images = 1,
                 .batch = context_.batch});
    store_whole(step.output, lane, whole_out_.data());
  });
}

// All of a value as one fault has it: golden's own array when the fault has not reached it.
const float* LaneSteps::materialize(int value, int lane, AlignedBuffer& scratch) const {
  if ((values_.any(value) >> lane & 1) == 0) return golden_.value(value);
  const ValueInfo& v = info(value);
  for (int64_t p = 0; p < v.positions; ++p) values_.read(value, p, lane, scratch.data() + p * v.channels);
  return scratch.data();
}

void LaneSteps::store_whole(int value, int lane, const float* result) {
  const ValueInfo& v = info(value);
  float* before = stripes_.data();
  for (int64_t p = 0; p < v.positions; ++p) {
    const float* now = result + p * v.channels;
    values_.read(value, p, lane, before);  // golden's, or what the step's own weights gave
    if (std::memcmp(now, before, idx(v.channels) * sizeof(float)) == 0) continue;
    for (int32_t c = 0; c < v.channels; ++c) {
      if (float_bits(now[c]) != float_bits(before[c])) values_.set(value, p, c, lane, now[c]);
    }
  }
}

}  // namespace tf_injector::replay
