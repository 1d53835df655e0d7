#include "replay/forms/packed_linear.hpp"

#include <algorithm>
#include <bit>

#include "replay/finish_pixel.hpp"

namespace tf_injector::replay {
namespace {

// What packing one vector of weights of one row costs, in vectors of multiply-adds; found by trying.
constexpr int32_t kWeightPackCost = 4;

}  // namespace

PackedLinear::PackedLinear(const ReplayPlan& plan, const GoldenActivations& golden, PackedActivations& values)
    : plan_(plan),
      table_(plan.table()),
      lanes_(plan.table().lanes),
      width_(plan.table().width()),
      golden_(golden),
      values_(values),
      nonzero_(plan.table(), plan.sizes().cout) {
  ArrayMaker maker;
  list_arrays(plan.sizes(), maker);
  for (size_t vectors = 1; vectors < row_at_.size(); ++vectors) {
    for (size_t row = 0; row < row_at_[vectors].size(); ++row)
      row_at_[vectors][row] = static_cast<int32_t>(row * vectors) * lanes_;
  }
}

void PackedLinear::run(const ReplayStep& step, size_t index, BatchContext context,
                       const AfterPosition& after) {
  context_ = context;
  const LinearGeometry& g = step.linear->geometry;
  in_ = values_.view(step.reads.front());
  add_ = step.has_add ? values_.view(step.reads.back()) : ActivationView();
  const LaneMask at_all_positions = values_.lanes_at_all_positions(step.reads);
  for (int64_t p = 0; p < g.out_positions; ++p) {
    LaneMask reach = at_all_positions | add_.changed_lanes(p);
    const int32_t* from = g.source.data() + p * g.taps;
    for (int64_t t = 0; in_.is_changed() && t < g.taps; ++t)
      reach |= from[t] >= 0 ? in_.changed_lanes(from[t]) : 0;
    if (reach != 0) {
      position(step, index, p, reach);
    } else {
      ++counters_.positions_unreached;
    }
    if (after) after(p);
  }
}

void PackedLinear::position(const ReplayStep& step, size_t index, int64_t p, LaneMask reach) {
  read_window(step, p, reach);
  const LinearGeometry& g = step.linear->geometry;
  if (!plan_.shortcuts().zero_inputs) take_all_rows(step, p);
  const int32_t faults = std::popcount(reach);
  find_nonzero(step, index, p, faults);
  counters_.clipped_outputs += g.cout - nonzero_.count();
  if (nonzero_.count() == 0) return;  // all outputs are certain to be clipped, golden's too
  counters_.zero_inputs += static_cast<int64_t>(taps_.size()) * g.cin - window_.rows;
  const Split how = split(*step.linear, faults);
  counters_.single_lanes += how.faults - how.together;
  compute(*step.linear, how);
  // A chain ended in -0 with its zero inputs left out: all channels again, nothing left out.
  if (negative_zero_ && plan_.shortcuts().zero_inputs) {
    ++counters_.negative_zeros;
    take_all_rows(step, p);
    nonzero_.take_all(static_cast<int32_t>(g.cout), faults);
    compute(*step.linear, {faults, faults});
  }
  counters_.equal_lanes +=
      finish_pixel(plan_, golden_, values_, target_of(step, p), step.epilogue->parameters(),
                   {.lanes = reach,
                    .sums = sums_.data(),
                    .channels = nonzero_.channels(),
                    .count = nonzero_.count(),
                    .nonzero_in = nonzero_.nonzero_in()});
}

void PackedLinear::read_window(const ReplayStep& step, int64_t p, LaneMask reach) {
  const LinearStep& linear = *step.linear;
  const LinearGeometry& g = linear.geometry;
  const int32_t* from = g.source.data() + p * g.taps;
  taps_.clear();
  for (int64_t t = 0; t < g.taps; ++t) {
    if (from[t] >= 0) taps_.push_back(in_.tap(from[t], static_cast<int32_t>(t)));
  }
  const simd::LaneRows rows = table_.lane_window({.taps = taps_,
                                                  .lanes = reach,
                                                  .cin = static_cast<int32_t>(g.cin),
                                                  .cout = static_cast<int32_t>(g.cout),
                                                  .values = rows_.data(),
                                                  .weight_at = weight_at_.data(),
                                                  .most = delta_sq_norms_.data()});
  window_ = {.rows = rows.count,
             .vectors = vectors(std::popcount(reach)),
             .values = rows.values,
             .weights = linear.weights.data(),
             .weight_at = weight_at_.data()};
  if (linear.clipped_bound && step.has_add)
    table_.lane_most(add_.pixel(p), reach, add_delta_sq_norms_.data());
}

void PackedLinear::find_nonzero(const ReplayStep& step, size_t index, int64_t p, int32_t faults) {
  const LinearStep& linear = *step.linear;
  const auto cout = static_cast<int32_t>(linear.geometry.cout);
  if (linear.clipped_bound) {
    nonzero_.find(*linear.clipped_bound, cout, golden_.before_relu(index, p), delta_sq_norms_.data(),
                  step.has_add ? add_delta_sq_norms_.data() : nullptr, faults);
  } else {
    nonzero_.take_all(cout, faults);
  }
}

// What the chains of single faults cost per row, in vectors of multiply-adds.
int32_t PackedLinear::single_cost(int32_t faults, int32_t channels, int32_t cout) const {
  return std::min(faults * vectors(cout), faults * vectors(channels) + vectors(cout) * kWeightPackCost);
}

// What does not fill a vector is computed one by one where that is less work: those with the largest changes.
PackedLinear::Split PackedLinear::split(const LinearStep& linear, int32_t faults) {
  const int32_t over = faults % lanes_, channels = nonzero_.count();
  const bool is_less =
      over > 0 && single_cost(over, channels, static_cast<int32_t>(linear.geometry.cout)) < channels;
  return {is_less ? faults - over : faults, faults};
}

void PackedLinear::compute(const LinearStep& linear, const Split& how) {
  negative_zero_ = false;
  const int32_t end = vectors(how.together);
  for (int32_t v = 0; v < end; ++v) {
    const simd::LaneLevel& level = nonzero_.level(nonzero_.vectors() - v);
    if (level.count > 0) compute_together(linear, level, v, end);
  }
  if (how.together < how.faults) compute_single(linear, how.together, how.faults);
}

template <class Run>
void PackedLinear::for_each_block(const LinearStep& linear, Run run) {
  const std::span<const int64_t> blocks = linear.kernel->blocks(context_.batch);
  if (blocks.size() <= 1) {
    run(window_, false);
    return;
  }
  const int32_t* begin = window_.weight_at;
  const int32_t* const end = begin + window_.rows;
  int64_t first = 0;
  for (const int64_t length : blocks) {
    simd::LaneWindow block = window_;
    const int64_t limit = (first + length) * linear.geometry.cout;
    const int32_t* next = std::partition_point(begin, end, [&](int32_t at) { return at < limit; });
    block.rows = static_cast<int32_t>(next - begin);
    block.weight_at = begin;
    block.values = window_.values + (begin - window_.weight_at) * window_.vectors * lanes_;
    run(block, first != 0);
    begin = next;
    first += length;
  }
}

void PackedLinear::compute_together(const LinearStep& linear, const simd::LaneLevel& channels, int32_t first,
                                    int32_t end) {
  for_each_block(linear, [&](simd::LaneWindow block, bool add) {
    block.values += first * lanes_;
    negative_zero_ |= table_.lane_sums({.window = block,
                                        .channels = channels.channels,
                                        .channel_count = channels.count,
                                        .sum_rows = channels.rows,
                                        .vectors = end - first,
                                        .sums = sums_.data() + first * lanes_,
                                        .add_to_sums = add});
  });
}

// Lanes first..end-1, the last vector: whatever may be non-zero may be so there.
void PackedLinear::compute_single(const LinearStep& linear, int32_t first, int32_t end) {
  const auto cout = static_cast<int32_t>(linear.geometry.cout);
  const bool pack =
      cout <= lanes_ * simd::kMostPackedVectors &&
      (end - first) * (vectors(cout) - vectors(nonzero_.count())) > vectors(cout) * kWeightPackCost;
  const std::vector<int32_t>& at = row_at_[idx(window_.vectors)];
  for_each_block(linear, [&](const simd::LaneWindow& block, bool add) {
    negative_zero_ |= table_.item_sums({.rows = block.rows,
                                        .values = block.values + first,
                                        .value_at = at.data(),
                                        .weights = block.weights,
                                        .weight_at = block.weight_at,
                                        .count = end - first,
                                        .channels = nonzero_.channels(),
                                        .channel_count = nonzero_.count(),
                                        .packed = pack ? packed_weights_.data() : nullptr,
                                        .sums = sums_.data() + first,
                                        .channel_stride = width_,
                                        .add_to_sums = add});
  });
}

// The window with its zeros.
void PackedLinear::take_all_rows(const ReplayStep& step, int64_t p) {
  const LinearGeometry& g = step.linear->geometry;
  const int64_t row = int64_t{window_.vectors} * lanes_;
  std::fill_n(dense_rows_.data(), g.taps * g.cin * row, 0.0f);
  dense_at_.clear();
  int32_t next = 0;
  for (int64_t t = 0; t < g.taps; ++t) {
    if (g.source[idx(p * g.taps + t)] == LinearGeometry::kSkipped) continue;
    for (int64_t c = 0; c < g.cin; ++c) {
      const auto weights = static_cast<int32_t>((t * g.cin + c) * g.cout);
      if (next < window_.rows && weight_at_[idx(next)] == weights)
        std::copy_n(window_.values + next++ * row, row,
                    dense_rows_.data() + static_cast<int64_t>(dense_at_.size()) * row);
      dense_at_.push_back(weights);
    }
  }
  window_.rows = static_cast<int32_t>(dense_at_.size());
  window_.values = dense_rows_.data();
  window_.weight_at = dense_at_.data();
}

}  // namespace tf_injector::replay
