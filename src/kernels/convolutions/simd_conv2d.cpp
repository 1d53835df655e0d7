#include "kernels/convolutions/simd_conv2d.hpp"

#include <algorithm>

#include "core/bits.hpp"
#include "core/round_up.hpp"
#include "kernels/candidates.hpp"

namespace tf_injector::detail {
namespace {

// Is there a vector of channels that is computed row by row?
bool has_row_kernel(const ref::Conv2DGeometry& g, const simd::SimdTable& table) {
  const int64_t vectors = divide_up(g.cout, table.lanes);
  return vectors % table.vectors_per_block == 1 && (g.kernel_w == 3 || g.kernel_w == 5);
}

std::optional<simd::ConvRows> rows_of(const ref::Conv2DGeometry& g) {
  if (g.stride_h != 1 || g.stride_w != 1 || g.dilation_h != 1 || g.dilation_w != 1) return {};
  const auto i32 = [](int64_t value) { return static_cast<int32_t>(value); };
  return simd::ConvRows{.in_h = i32(g.in_h),
                        .in_w = i32(g.in_w),
                        .out_h = i32(g.out_h),
                        .out_w = i32(g.out_w),
                        .kernel_h = i32(g.kernel_h),
                        .kernel_w = i32(g.kernel_w),
                        .pad_top = i32(g.pad_top),
                        .pad_left = i32(g.pad_left),
                        .adds_outside = g.border == ref::Border::multiply};
}

}  // namespace

SimdConv2D::SimdConv2D(const Conv2DParts& parts, const KernelContext& context)
    : table_(*simd::simd_table(context.set)),
      geometry_(parts.geometry),
      kernel_(parts.kernel),
      positions_(std::make_shared<const PositionTables>(geometry_)),
      epilogue_(std::make_shared<const EpilogueData>(context, parts.bias, geometry_.cout)),
      classes_(positions_->views()),
      rows_(rows_of(geometry_)),
      runs_rows_(rows_ && has_row_kernel(geometry_, table_)),
      zeros_(std::make_shared<const AlignedBuffer>(static_cast<size_t>(
          geometry_.cin * (runs_rows_ ? simd::kRowColumns + geometry_.kernel_w - 1 : 1)))),
      packed_(static_cast<size_t>(simd::packed_size(table_, depth(), geometry_.cout))) {
  const std::span<const float> values = weight_values(context, parts.kernel);
  for (size_t i = 0; i < values.size(); ++i) packed_[packed_element(static_cast<int64_t>(i))] = values[i];
}

simd::ConvCall SimdConv2D::call(const float* in, float* out, int images) const noexcept {
  simd::ConvCall call;
  call.in = in;
  call.out = out;
  call.in_image = geometry_.in_h * geometry_.in_w * geometry_.cin;
  call.out_image = geometry_.out_h * geometry_.out_w * geometry_.cout;
  call.images = images;
  call.cin = static_cast<int32_t>(geometry_.cin);
  call.cout = call.out_stride = static_cast<int32_t>(geometry_.cout);
  call.kernel_taps = static_cast<int32_t>(geometry_.kernel_h * geometry_.kernel_w);
  call.weights = packed_.data();
  call.zeros = zeros_->data();
  call.classes = classes_;
  call.rows = runs_rows_ ? &*rows_ : nullptr;
  return call;
}

void SimdConv2D::run(const KernelArgs& args) const noexcept { run_with_before(args, nullptr); }

void SimdConv2D::run_with_before(const KernelArgs& args, float* before) const noexcept {
  simd::ConvCall whole = call(args.inputs[0], args.output, args.images);
  whole.epilogue = epilogue_->call(args);
  whole.epilogue.before = before;
  table_.conv2d(whole);
}

void SimdConv2D::select(std::span<const int32_t> positions, PositionScratch& scratch,
                        simd::ConvCall& call) const {
  scratch.among.resize(std::max(scratch.among.size(), classes_.size()));
  for (std::vector<int32_t>& among : scratch.among) among.clear();
  for (const int32_t p : positions) {
    const PositionTables::Place place = positions_->places[static_cast<size_t>(p)];
    scratch.among[static_cast<size_t>(place.in_class)].push_back(place.index);
  }
  scratch.classes.clear();
  for (size_t c = 0; c < classes_.size(); ++c) {
    if (scratch.among[c].empty()) continue;
    simd::PositionClass some = classes_[c];
    some.positions = static_cast<int32_t>(scratch.among[c].size());
    some.among = scratch.among[c].data();
    scratch.classes.push_back(some);
  }
  call.classes = scratch.classes;
  call.rows = nullptr;
}

void SimdConv2D::run_positions(const KernelArgs& args, std::span<const int32_t> positions,
                               PositionScratch& scratch) const {
  simd::ConvCall some = call(args.inputs[0], args.output, 1);
  some.epilogue = epilogue_->call(args);
  select(positions, scratch, some);
  table_.conv2d(some);
}

// Where vectors across the positions take no more multiply-adds than vectors of columns, some of which are
// empty: they load less.
bool SimdConv2D::takes_planes(int32_t columns) const noexcept {
  if (!rows_ || columns > most_columns() || geometry_.kernel_h * geometry_.kernel_w < 3) return false;
  const simd::PlaneLayout layout(*rows_, geometry_.cin, table_.lanes);
  return columns * layout.places <= column_stride(columns) * geometry_.out_h * geometry_.out_w;
}

std::vector<int64_t> SimdConv2D::class_sizes() const {
  std::vector<int64_t> sizes;
  for (const simd::PositionClass& c : classes_) sizes.push_back(c.positions);
  return sizes;
}

int64_t SimdConv2D::columns_room(int32_t columns) const noexcept {
  int32_t most = std::min(columns, most_columns());
  while (most > 0 && !takes_planes(most)) --most;
  return most > 0 ? simd::PlaneLayout(*rows_, geometry_.cin, table_.lanes).floats(most) : 0;
}

void SimdConv2D::run_columns(const float* in, const float* columns, int32_t lanes, float* sums, int,
                             const std::vector<int32_t>* positions, PositionScratch& scratch) const {
  if (takes_planes(lanes)) {
    const auto room =
        static_cast<size_t>(simd::PlaneLayout(*rows_, geometry_.cin, table_.lanes).floats(lanes));
    if (scratch.room.size() < room) {
      scratch.room = AlignedBuffer();
      scratch.room = AlignedBuffer(room);
    }
    table_.plane_columns({.in = in,
                          .rows = &*rows_,
                          .cin = static_cast<int32_t>(geometry_.cin),
                          .columns = lanes,
                          .weights = columns,
                          .weights_stride = column_stride(lanes),
                          .room = scratch.room.data(),
                          .sums = sums});
    return;
  }
  simd::ConvCall other = call(in, sums, 1);
  other.cout = other.out_stride = lanes;
  other.out_image = geometry_.out_h * geometry_.out_w * lanes;
  other.weights = columns;
  if (positions != nullptr) select(*positions, scratch, other);
  table_.conv2d(other);
}

LinearGeometry SimdConv2D::linear_geometry() const {
  const ref::Conv2DGeometry& g = geometry_;
  LinearGeometry linear{.in_positions = g.in_h * g.in_w,
                        .out_positions = g.out_h * g.out_w,
                        .taps = g.kernel_h * g.kernel_w,
                        .cin = g.cin,
                        .cout = g.cout,
                        .source = {}};
  const auto taps = static_cast<size_t>(linear.taps);
  linear.source.assign(static_cast<size_t>(linear.out_positions) * taps, LinearGeometry::kSkipped);
  for (const PositionTables::Class& c : positions_->classes) {
    for (size_t i = 0; i < c.output.size(); ++i) {
      for (size_t t = 0; t < c.tap.size(); ++t) {
        const int32_t offset = c.input[i * c.tap.size() + t];
        linear.source[static_cast<size_t>(c.output[i]) * taps + static_cast<size_t>(c.tap[t])] =
            offset == simd::kOutside ? LinearGeometry::kZero : static_cast<int32_t>(offset / g.cin);
      }
    }
  }
  return linear;
}

std::string SimdConv2D::name() const { return std::string(kernel_set_name(table_.set)) + ":conv2d"; }
int64_t SimdConv2D::multiply_adds() const { return multiply_adds_of(geometry_); }
size_t SimdConv2D::weight_bytes() const {
  return (packed_.size() + zeros_->size()) * sizeof(float) + epilogue_->bytes();
}

void SimdConv2D::visit_arrays(const ArrayVisitor& visit) const {
  visit_array(visit, packed_.span());
  visit_array(visit, zeros_->span());
  detail::visit_arrays(*epilogue_, geometry_.cout, visit);
  detail::visit_arrays(*positions_, visit);
}

bool SimdConv2D::holds(WeightId weight) const { return weight == kernel_ || epilogue_->holds(weight); }

std::unique_ptr<Kernel> SimdConv2D::patched(std::span<const Patch> patches) const {
  if (!holds_any(patches)) return nullptr;
  auto copy = std::make_unique<SimdConv2D>(*this);
  for_each_patch(patches, kernel_,
                 [&](int64_t element, float value) { copy->packed_[packed_element(element)] = value; });
  copy->epilogue_ = patched_epilogue(epilogue_, patches);
  return copy;
}

std::string refuse_simd_conv2d(const Conv2DParts& parts, const KernelContext& context) {
  if (std::string reason = refuse_without_simd(context); !reason.empty()) return reason;
  const ref::Conv2DGeometry& g = parts.geometry;
  if (g.groups != 1) return "simd: more than one group";
  const bool is_chain =
      ref::conv2d_sum(g, 2) != ref::Sum::lanes && ref::conv2d_blocks(g, 2).lengths.size() == 1;
  if (g.sum != ref::Sum::chain || !is_chain) return "simd: a sum in blocks or lanes";
  return refuse_large_images(context);
}

std::unique_ptr<Kernel> make_simd_conv2d(const Conv2DParts& parts, const KernelContext& context) {
  return std::make_unique<SimdConv2D>(parts, context);
}

}  // namespace tf_injector::detail
