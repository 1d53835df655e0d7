// Binary: computed row by row of the last axis; which rows of the operands go together is tabulated once.
#include <algorithm>

#include "kernels/const_arrays.hpp"
#include "kernels/pack_interfaces.hpp"
#include "kernels/ref/reference.hpp"

namespace tf_injector::detail {
namespace {

// For one operand: where it begins for every output row of an image, and its step in a row (0: one value for
// all).
struct Operand {
  std::vector<int64_t> rows;
  int64_t step = 1;
  int64_t image = 0;  // elements between images; 0 for a constant

  Operand(const Shape& shape, const Shape& output, bool constant) : image(constant ? 0 : shape.elements()) {
    const int rank = output.rank(), missing = rank - shape.rank();
    const auto dim = [&](int axis) { return axis < missing ? 1 : shape[axis - missing]; };
    const int64_t count =
        rank == 0 || output.back() == 0 ? output.elements() : output.elements() / output.back();
    step = rank > 0 && dim(rank - 1) == 1 && output.back() != 1 ? 0 : 1;
    for (int64_t row = 0; row < count; ++row) {
      int64_t left = row, at = 0, stride = rank == 0 ? 1 : dim(rank - 1);
      for (int axis = rank - 2; axis >= 0; --axis) {
        if (dim(axis) != 1) at += left % output[axis] * stride;
        left /= output[axis];
        stride *= dim(axis);
      }
      rows.push_back(at);
    }
  }
  // Element `element` of an image's output meets it.
  [[nodiscard]] int64_t at(int64_t element, int64_t length) const {
    return rows[static_cast<size_t>(element / length)] + element % length * step;
  }
  [[nodiscard]] BinaryForm::Meets meets(int64_t length) const {
    if (step != 1) return BinaryForm::Meets::other;
    bool same = true, one_row = true;
    for (size_t row = 0; row < rows.size(); ++row) {
      same = same && rows[row] == static_cast<int64_t>(row) * length;
      one_row = one_row && rows[row] == 0;
    }
    if (same) return BinaryForm::Meets::same;
    return one_row ? BinaryForm::Meets::same_of_last_axis : BinaryForm::Meets::other;
  }
};

class BinaryKernel final : public BinaryForm, public ConstArrays {
 public:
  BinaryKernel(const ops::Binary& op, const KernelContext& context)
      : op_(op),
        constant_(weight_values(context, op.constant).begin(), weight_values(context, op.constant).end()),
        first_(context.inputs[0], context.output, false),
        second_(op.constant != kNoWeight ? op.constant_shape : context.inputs[1], context.output,
                op.constant != kNoWeight),
        elements_(context.output.elements()),
        length_(context.output.rank() == 0 ? 1 : context.output.back()) {}

  void run(const KernelArgs& args) const noexcept override {
    const float* a = args.inputs[0];
    const float* b = op_.constant != kNoWeight ? constant_.data() : args.inputs[1];
    for (int64_t n = 0; n < args.images; ++n) {
      for (size_t row = 0; row < first_.rows.size(); ++row) {
        ref::BinaryRow r{.a = a + n * first_.image + first_.rows[row],
                         .b = b + n * second_.image + second_.rows[row],
                         .step_a = first_.step,
                         .step_b = second_.step,
                         .count = length_};
        if (op_.constant_first) {
          std::swap(r.a, r.b);
          std::swap(r.step_a, r.step_b);
        }
        ref::binary(op_.kind, r, args.output + n * elements_ + static_cast<int64_t>(row) * length_);
      }
    }
  }
  [[nodiscard]] bool has_constant() const noexcept override { return op_.constant != kNoWeight; }
  [[nodiscard]] Meets meets(size_t input) const noexcept override {
    return (input == 0 ? first_ : second_).meets(length_);
  }
  void compute(int64_t element, const float* a, const float* b, int64_t count,
               float* out) const noexcept override {
    ref::BinaryRow row{.a = a, .b = b, .step_a = 1, .step_b = 1, .count = count};
    if (has_constant()) {
      row.b = &constant_[static_cast<size_t>(second_.at(element, length_))];
      row.step_b = 0;
    }
    if (op_.constant_first) {
      std::swap(row.a, row.b);
      std::swap(row.step_a, row.step_b);
    }
    ref::binary(op_.kind, row, out);
  }
  [[nodiscard]] std::string name() const override { return std::string("ref:") + ops::binary_name(op_.kind); }
  [[nodiscard]] size_t weight_bytes() const override { return constant_.size() * sizeof(float); }
  void visit_arrays(const ArrayVisitor& visit) const override {
    visit_array(visit, constant_);
    visit_array(visit, first_.rows);
    visit_array(visit, second_.rows);
  }

 private:
  ops::Binary op_;
  std::vector<float> constant_;
  Operand first_, second_;
  int64_t elements_, length_;
};

}  // namespace

std::unique_ptr<Kernel> make_kernel(const ops::Binary& op, const KernelContext& context) {
  return std::make_unique<BinaryKernel>(op, context);
}

}  // namespace tf_injector::detail
