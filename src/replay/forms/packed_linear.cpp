#include "replay/forms/packed_linear.hpp"

#include <algorithm>
#include <bit>
#include <cassert>

#include "replay/finish_pixel.hpp"

namespace tf_injector::detail::replay {
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
  assert(step.linear && &plan_.steps()[index] == &step);
  const Run run{.step = step,
                .index = index,
                .context = context,
                .in = values_.view(step.reads.front()),
                .add = step.has_add ? values_.view(step.reads.back()) : ActivationView()};
  const LinearGeometry& g = run.geometry();
  const LaneMask at_all_positions = values_.lanes_at_all_positions(step.reads);
  for (int64_t p = 0; p < g.out_positions; ++p) {
    LaneMask reach = at_all_positions | run.add.changed_lanes(p);
    const int32_t* from = g.source.data() + p * g.taps;
    for (int64_t t = 0; run.in.is_changed() && t < g.taps; ++t)
      reach |= from[t] >= 0 ? run.in.changed_lanes(from[t]) : 0;
    if (reach != 0) {
      compute_position(run, p, reach);
    } else {
      ++counters_.positions_unreached;
    }
    if (after) after(p);
  }
}

void PackedLinear::compute_position(const Run& run, int64_t p, LaneMask reach) {
  assert((reach & ~values_.all_lanes()) == 0);
  Field field = read_field(run, p, reach);
  const LinearGeometry& g = run.geometry();
  if (!plan_.shortcuts().zero_inputs) field.rows = with_zero_rows(run, p, field.rows);
  find_nonzero(run, p, field);
  counters_.clipped_outputs += g.cout - nonzero_.count();
  if (nonzero_.count() == 0) return;  // all outputs are certain to be clipped, golden ones too
  counters_.zero_inputs += static_cast<int64_t>(taps_.size()) * g.cin - field.rows.rows;
  const Split how = split(run.linear(), field.lanes);
  counters_.single_lanes += how.faults - how.together;
  // A chain ended in -0 with its zero inputs left out: all channels again, nothing left out.
  if (compute_sums(run, field.rows, how) && plan_.shortcuts().zero_inputs) {
    ++counters_.negative_zeros;
    nonzero_.take_all(static_cast<int32_t>(g.cout), field.lanes);
    (void)compute_sums(run, with_zero_rows(run, p, field.rows), {field.lanes, field.lanes});
  }
  counters_.equal_lanes +=
      finish_pixel(plan_, golden_, values_, target_of(run.step, p), run.step.epilogue->parameters(),
                   {.lanes = reach,
                    .sums = sums_.data(),
                    .channels = nonzero_.channels(),
                    .count = nonzero_.count(),
                    .nonzero_in = nonzero_.nonzero_in()});
}

PackedLinear::Field PackedLinear::read_field(const Run& run, int64_t p, LaneMask reach) {
  const LinearGeometry& g = run.geometry();
  const int32_t* from = g.source.data() + p * g.taps;
  taps_.clear();
  for (int64_t t = 0; t < g.taps; ++t) {
    if (from[t] >= 0) taps_.push_back(run.in.tap(from[t], static_cast<int32_t>(t)));
  }
  Field field;
  field.lanes = std::popcount(reach);
  const simd::LaneRows rows = table_.lane_window({.taps = taps_,
                                                  .lanes = reach,
                                                  .cin = static_cast<int32_t>(g.cin),
                                                  .cout = static_cast<int32_t>(g.cout),
                                                  .values = rows_.data(),
                                                  .weight_at = weight_at_.data(),
                                                  .most = field.delta_sq_norms.data()});
  field.rows = {.rows = rows.count,
                .vectors = vectors(field.lanes),
                .values = rows.values,
                .weights = run.linear().weights.data(),
                .weight_at = weight_at_.data()};
  if (run.linear().clipped_bound && run.step.has_add)
    table_.lane_most(run.add.pixel(p), reach, field.add_delta_sq_norms.data());
  return field;
}

void PackedLinear::find_nonzero(const Run& run, int64_t p, const Field& field) {
  const LinearStep& linear = run.linear();
  const auto cout = static_cast<int32_t>(linear.geometry.cout);
  if (linear.clipped_bound) {
    nonzero_.find(*linear.clipped_bound, cout, golden_.before_relu(run.index, p), field.delta_sq_norms.data(),
                  run.step.has_add ? field.add_delta_sq_norms.data() : nullptr, field.lanes);
  } else {
    nonzero_.take_all(cout, field.lanes);
  }
}

// What the chains of single faults cost per row, in vectors of multiply-adds.
int32_t PackedLinear::single_cost(int32_t faults, int32_t channels, int32_t cout) const {
  return std::min(faults * vectors(cout), faults * vectors(channels) + vectors(cout) * kWeightPackCost);
}

// What does not fill a vector is computed one by one where that is less work: those with the largest deltas.
PackedLinear::Split PackedLinear::split(const LinearStep& linear, int32_t faults) const {
  const int32_t over = faults % lanes_, channels = nonzero_.count();
  const bool is_less =
      over > 0 && single_cost(over, channels, static_cast<int32_t>(linear.geometry.cout)) < channels;
  return {is_less ? faults - over : faults, faults};
}

bool PackedLinear::compute_sums(const Run& run, const simd::LaneWindow& rows, const Split& how) {
  assert(how.together <= how.faults && vectors(how.faults) == rows.vectors);
  bool is_negative_zero = false;
  const int32_t end = vectors(how.together);
  for (int32_t v = 0; v < end; ++v) {
    const simd::LaneLevel& level = nonzero_.level(nonzero_.vectors() - v);
    if (level.count > 0) is_negative_zero |= compute_together(run, rows, level, v, end);
  }
  if (how.together < how.faults) is_negative_zero |= compute_single(run, rows, how.together, how.faults);
  return is_negative_zero;
}

template <class Compute>
void PackedLinear::for_each_block(const Run& run, const simd::LaneWindow& rows, Compute compute) {
  const std::span<const int64_t> blocks = run.linear().kernel->blocks(run.context.batch);
  if (blocks.size() <= 1) {
    compute(rows, false);
    return;
  }
  const int32_t* begin = rows.weight_at;
  const int32_t* const end = begin + rows.rows;
  int64_t first = 0;
  for (const int64_t length : blocks) {
    simd::LaneWindow block = rows;
    const int64_t limit = (first + length) * run.geometry().cout;
    const int32_t* next = std::partition_point(begin, end, [&](int32_t at) { return at < limit; });
    block.rows = static_cast<int32_t>(next - begin);
    block.weight_at = begin;
    block.values = rows.values + (begin - rows.weight_at) * rows.vectors * lanes_;
    compute(block, first != 0);
    begin = next;
    first += length;
  }
}

bool PackedLinear::compute_together(const Run& run, const simd::LaneWindow& rows,
                                    const simd::LaneLevel& channels, int32_t first, int32_t end) {
  bool is_negative_zero = false;
  for_each_block(run, rows, [&](simd::LaneWindow block, bool add) {
    block.values += first * lanes_;
    is_negative_zero |= table_.lane_sums({.window = block,
                                          .channels = channels.channels,
                                          .channel_count = channels.count,
                                          .sum_rows = channels.rows,
                                          .vectors = end - first,
                                          .sums = sums_.data() + first * lanes_,
                                          .add_to_sums = add});
  });
  return is_negative_zero;
}

// Lanes first..end-1, the last vector: whatever may be non-zero may be so there.
bool PackedLinear::compute_single(const Run& run, const simd::LaneWindow& rows, int32_t first, int32_t end) {
  const auto cout = static_cast<int32_t>(run.geometry().cout);
  const bool pack =
      cout <= lanes_ * simd::kMostPackedVectors &&
      (end - first) * (vectors(cout) - vectors(nonzero_.count())) > vectors(cout) * kWeightPackCost;
  const std::vector<int32_t>& at = row_at_[idx(rows.vectors)];
  bool is_negative_zero = false;
  for_each_block(run, rows, [&](const simd::LaneWindow& block, bool add) {
    is_negative_zero |= table_.item_sums({.rows = block.rows,
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
  return is_negative_zero;
}

simd::LaneWindow PackedLinear::with_zero_rows(const Run& run, int64_t p, const simd::LaneWindow& rows) {
  const LinearGeometry& g = run.geometry();
  const int64_t row = int64_t{rows.vectors} * lanes_;
  std::fill_n(dense_rows_.data(), g.taps * g.cin * row, 0.0f);
  dense_at_.clear();
  int32_t next = 0;
  for (int64_t t = 0; t < g.taps; ++t) {
    if (g.source[idx(p * g.taps + t)] == LinearGeometry::kSkipped) continue;
    for (int64_t c = 0; c < g.cin; ++c) {
      const auto weights = static_cast<int32_t>((t * g.cin + c) * g.cout);
      if (next < rows.rows && rows.weight_at[next] == weights)
        std::copy_n(rows.values + next++ * row, row,
                    dense_rows_.data() + static_cast<int64_t>(dense_at_.size()) * row);
      dense_at_.push_back(weights);
    }
  }
  assert(next == rows.rows);
  simd::LaneWindow all = rows;
  all.rows = static_cast<int32_t>(dense_at_.size());
  all.values = dense_rows_.data();
  all.weight_at = dense_at_.data();
  return all;
}

}  // namespace tf_injector::detail::replay
