// Dense: the SIMD kernel and the reference. How the sum is split into blocks depends on the batch size
// (docs/numerics.md).
#include "core/bits.hpp"
#include "kernels/candidates.hpp"
#include "kernels/const_arrays.hpp"
#include "kernels/convolutions/conv2d_candidates.hpp"
#include "kernels/pack_interfaces.hpp"
#include "kernels/packed_weights.hpp"
#include "kernels/ref/reference.hpp"

namespace tf_injector::detail {
namespace {

// What both kernels share. Rows are images x all leading axes; TensorFlow multiplies the rows of a whole
// batch in one matrix product.
struct DenseShape {
  int64_t inputs, units, rows_per_image;
  std::vector<int64_t> blocks_alone, blocks_few, blocks_many;  // for one row, few rows, many rows

  DenseShape(const ops::Dense& op, const KernelContext& context)
      : inputs(context.inputs[0].back()),
        units(op.units),
        rows_per_image(context.inputs[0].elements() / context.inputs[0].back()),
        blocks_alone(ref::dense_blocks(inputs, units, 1)),
        blocks_few(ref::dense_blocks(inputs, units, 2)),
        blocks_many(ref::dense_blocks(inputs, units, ref::kManyRows)) {}
  // As a 1x1 convolution: a row per position.
  explicit DenseShape(const ref::Conv2DGeometry& g)
      : inputs(g.cin),
        units(g.cout),
        rows_per_image(g.out_h * g.out_w),
        blocks_alone(ref::conv2d_blocks(g, 1).lengths),
        blocks_few(blocks_alone),
        blocks_many(blocks_alone) {}
  [[nodiscard]] std::span<const int64_t> blocks(int batch) const noexcept {
    const int64_t rows = batch * rows_per_image;
    return rows == 1 ? blocks_alone : rows < ref::kManyRows ? blocks_few : blocks_many;
  }
};

class SimdDense final : public LinearKernel, public ConstArrays {
 public:
  SimdDense(DenseShape shape, WeightId kernel, WeightId bias, const KernelContext& context)
      : table_(*simd::simd_table(context.set)),
        shape_(std::move(shape)),
        kernel_(kernel),
        epilogue_(std::make_shared<const EpilogueData>(context, bias, shape_.units)),
        packed_(static_cast<size_t>(simd::packed_size(table_, shape_.inputs, shape_.units))) {
    const std::span<const float> values = weight_values(context, kernel_);
    for (size_t i = 0; i < values.size(); ++i) packed_[packed_element(static_cast<int64_t>(i))] = values[i];
  }

  void run(const KernelArgs& args) const noexcept override { run_with_before(args, nullptr); }
  void run_with_before(const KernelArgs& args, float* before) const noexcept override {
    simd::DenseCall whole = call(args.inputs[0], args.output, args.images, args.batch);
    whole.epilogue = epilogue_->call(args);
    whole.epilogue.before = before;
    table_.dense(whole);
  }
  void run_positions(const KernelArgs& args, std::span<const int32_t>, PositionScratch&) const override {
    run(args);  // all positions: there is mostly just one
  }
  void run_columns(const float* in, const float* columns, int32_t lanes, float* sums, int batch,
                   const std::vector<int32_t>*, PositionScratch&) const override {
    simd::DenseCall other = call(in, sums, 1, batch);
    other.units = lanes;
    other.weights = columns;
    table_.dense(other);
  }
  [[nodiscard]] LinearGeometry linear_geometry() const override {
    LinearGeometry linear{.in_positions = shape_.rows_per_image,
                          .out_positions = shape_.rows_per_image,
                          .taps = 1,
                          .cin = shape_.inputs,
                          .cout = shape_.units,
                          .source = {}};
    for (int32_t r = 0; r < shape_.rows_per_image; ++r) linear.source.push_back(r);
    return linear;
  }
  [[nodiscard]] float weight(int64_t k, int64_t co) const noexcept override {
    return packed_[static_cast<size_t>(simd::packed_index(table_, shape_.inputs, shape_.units, k, co))];
  }
  [[nodiscard]] const EpilogueData& epilogue() const noexcept override { return *epilogue_; }
  [[nodiscard]] const simd::SimdTable& table() const noexcept override { return table_; }
  [[nodiscard]] std::span<const int64_t> blocks(int batch) const noexcept override {
    return shape_.blocks(batch);
  }
  [[nodiscard]] std::string name() const override {
    return std::string(kernel_set_name(table_.set)) + ":dense";
  }
  [[nodiscard]] int64_t multiply_adds() const override {
    return shape_.inputs * shape_.units * shape_.rows_per_image;
  }
  [[nodiscard]] size_t weight_bytes() const override {
    return packed_.size() * sizeof(float) + epilogue_->bytes();
  }
  void visit_arrays(const ArrayVisitor& visit) const override {
    visit_array(visit, packed_.span());
    detail::visit_arrays(*epilogue_, shape_.units, visit);
  }
  [[nodiscard]] bool holds(WeightId weight) const override {
    return weight == kernel_ || epilogue_->holds(weight);
  }
  [[nodiscard]] std::unique_ptr<Kernel> patched(std::span<const Patch> patches) const override {
    if (!holds_any(patches)) return nullptr;
    auto copy = std::make_unique<SimdDense>(*this);
    for_each_patch(patches, kernel_,
                   [&](int64_t element, float value) { copy->packed_[packed_element(element)] = value; });
    copy->epilogue_ = patched_epilogue(epilogue_, patches);
    return copy;
  }

 private:
  [[nodiscard]] simd::DenseCall call(const float* in, float* out, int images, int batch) const noexcept {
    simd::DenseCall call;
    call.in = in;
    call.out = out;
    call.rows = static_cast<int32_t>(images * shape_.rows_per_image);
    call.inputs = static_cast<int32_t>(shape_.inputs);
    call.units = static_cast<int32_t>(shape_.units);
    call.weights = packed_.data();
    call.blocks = shape_.blocks(batch);
    return call;
  }
  [[nodiscard]] size_t packed_element(int64_t element) const {
    return static_cast<size_t>(simd::packed_index(table_, shape_.inputs, shape_.units, element / shape_.units,
                                                  element % shape_.units));
  }

  const simd::SimdTable& table_;
  DenseShape shape_;
  WeightId kernel_;
  std::shared_ptr<const EpilogueData> epilogue_;
  PackedWeights packed_;
};

class ReferenceDense final : public Kernel, public ConstArrays {
 public:
  ReferenceDense(const ops::Dense& op, const KernelContext& context)
      : shape_(op, context),
        kernel_(op.kernel),
        epilogue_(std::make_shared<const EpilogueData>(context, op.bias, op.units)),
        weights_(weight_values(context, op.kernel).begin(), weight_values(context, op.kernel).end()) {}

  void run(const KernelArgs& args) const noexcept override {
    const int64_t rows = args.images * shape_.rows_per_image;
    ref::dense(shape_.inputs, shape_.units, args.inputs[0], weights_.data(), epilogue_->bias(),
               shape_.blocks(args.batch), args.output, rows);
    epilogue_->apply_reference(args, rows);
  }
  [[nodiscard]] std::string name() const override { return "ref:dense"; }
  [[nodiscard]] int64_t multiply_adds() const override {
    return shape_.inputs * shape_.units * shape_.rows_per_image;
  }
  [[nodiscard]] size_t weight_bytes() const override {
    return weights_.size() * sizeof(float) + epilogue_->bytes();
  }
  void visit_arrays(const ArrayVisitor& visit) const override {
    visit_array(visit, weights_);
    detail::visit_arrays(*epilogue_, shape_.units, visit);
  }
  [[nodiscard]] bool holds(WeightId weight) const override {
    return weight == kernel_ || epilogue_->holds(weight);
  }
  [[nodiscard]] std::unique_ptr<Kernel> patched(std::span<const Patch> patches) const override {
    if (!holds_any(patches)) return nullptr;
    auto copy = std::make_unique<ReferenceDense>(*this);
    for_each_patch(patches, kernel_, [&](int64_t element, float value) {
      copy->weights_[static_cast<size_t>(element)] = value;
    });
    copy->epilogue_ = patched_epilogue(epilogue_, patches);
    return copy;
  }

 private:
  DenseShape shape_;
  WeightId kernel_;
  std::shared_ptr<const EpilogueData> epilogue_;
  std::vector<float> weights_;
};

std::string refuse_simd(const ops::Dense& op, const KernelContext& context) {
  if (op.units == 1) return "simd: a single unit";
  return refuse_without_simd(context);
}

}  // namespace

std::string refuse_pointwise_conv2d(const Conv2DParts& parts, const KernelContext& context) {
  if (std::string reason = refuse_without_simd(context); !reason.empty()) return reason;
  const ref::Conv2DGeometry& g = parts.geometry;
  const bool each_once = g.kernel_h * g.kernel_w == 1 && g.groups == 1 && g.in_h == g.out_h &&
                         g.in_w == g.out_w && g.pad_top == 0 && g.pad_left == 0;
  return each_once ? "" : "simd pointwise: not every pixel once";
}

std::unique_ptr<Kernel> make_pointwise_conv2d(const Conv2DParts& parts, const KernelContext& context) {
  return std::make_unique<SimdDense>(DenseShape(parts.geometry), parts.kernel, parts.bias, context);
}

std::unique_ptr<Kernel> make_kernel(const ops::Dense& op, const KernelContext& context) {
  return first_candidate<ops::Dense>(
      op, context,
      {{refuse_simd,
        [](const ops::Dense& o, const KernelContext& c) -> std::unique_ptr<Kernel> {
          return std::make_unique<SimdDense>(DenseShape(o, c), o.kernel, o.bias, c);
        }},
       {refuse_never<ops::Dense>, [](const ops::Dense& o, const KernelContext& c) -> std::unique_ptr<Kernel> {
          return std::make_unique<ReferenceDense>(o, c);
        }}});
}

}  // namespace tf_injector::detail
