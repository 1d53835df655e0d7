#include "answers/reach.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "answers/kernel_uses.hpp"
#include "core/bits.hpp"
#include "kernels/kernel.hpp"

namespace tf_injector::detail {
namespace {

// Which elements of a value can differ: 1, else 0. Floats, so that kernels that only move, choose or average
// values say where a difference goes.
using Mask = std::vector<float>;

bool any_of(const float* begin, const float* end) {
  return std::any_of(begin, end, [](float x) { return x != 0; });
}

// Computes the masks of a step's output from those of its inputs.
class MaskRule {
 public:
  MaskRule(const plan::DraftStep& step, std::vector<const Mask*> inputs)
      : step_(step), inputs_(std::move(inputs)), out_(static_cast<size_t>(step.shape.elements())) {}

  Mask apply() {
    std::visit([&](const auto& op) { visit(op); }, step_.op);
    return std::move(out_);
  }

 private:
  [[nodiscard]] const Shape& shape(size_t input) const { return step_.inputs[input].shape; }

  // --- sums over channels: every output channel of the group
  void visit(const ops::Conv2D& op) {
    const Shape &in = shape(0), &out = step_.shape;
    const int64_t from = in[2] / op.groups, to = out[2] / op.groups;
    for_each_window(op, [&](int64_t position, const std::vector<int64_t>& window) {
      for (int64_t group = 0; group < op.groups; ++group) {
        const bool differs = std::any_of(window.begin(), window.end(), [&](int64_t place) {
          const float* channels = inputs_[0]->data() + place * in[2] + group * from;
          return any_of(channels, channels + from);
        });
        std::fill_n(out_.begin() + position * out[2] + group * to, to, differs ? 1.0f : 0.0f);
      }
    });
  }
  void visit(const ops::DepthwiseConv2D& op) {
    const int64_t channels = shape(0)[2];
    for_each_window(op, [&](int64_t position, const std::vector<int64_t>& window) {
      for (int64_t c = 0; c < channels; ++c) {
        const bool differs = std::any_of(window.begin(), window.end(), [&](int64_t place) {
          return (*inputs_[0])[static_cast<size_t>(place * channels + c)] != 0;
        });
        std::fill_n(out_.begin() + (position * channels + c) * op.multiplier, op.multiplier,
                    differs ? 1.0f : 0.0f);
      }
    });
  }
  void visit(const ops::Dense&) { spread_rows(); }
  void visit(const ops::Softmax&) { spread_rows(); }
  void visit(const ops::LogSoftmax&) { spread_rows(); }
  void visit(const ops::LayerNormalization&) { spread_rows(); }

  // --- element by element
  void visit(const ops::BatchNormalization&) { out_ = *inputs_[0]; }
  void visit(const ops::Activation&) { out_ = *inputs_[0]; }
  void visit(const ops::Function&) { out_ = *inputs_[0]; }
  void visit(const ops::Reshape&) { out_ = *inputs_[0]; }
  void visit(const ops::Mask&) { out_ = *inputs_[0]; }
  void visit(const ops::Input&) {}
  void visit(const ops::Add&) {
    for (const Mask* input : inputs_)
      for (size_t i = 0; i < out_.size(); ++i) out_[i] = std::max(out_[i], (*input)[i]);
  }
  void visit(const ops::Binary&) {
    for (size_t input = 0; input < inputs_.size(); ++input) add_broadcast(input);
  }

  // --- moved, chosen or averaged: the op itself, on the masks
  void visit(const ops::Resize& op) {
    using enum ops::ResizeMethod;
    const bool adds_only =
        op.method == nearest || op.method == bilinear || op.method == area || op.method == gaussian;
    if (adds_only) return run(op);
    spread_channels();  // weights of both signs might cancel
  }
  template <typename Moving>
  void visit(const Moving& op) {
    run(op);
  }

  template <typename AnyOp>
  void run(const AnyOp& op) {
    KernelContext context{.inputs = {}, .output = step_.shape, .set = KernelSet::scalar};
    std::vector<const float*> pointers;
    for (size_t i = 0; i < inputs_.size(); ++i) {
      context.inputs.push_back(shape(i));
      pointers.push_back(inputs_[i]->data());
    }
    make_kernel(op, context)->run({.inputs = pointers, .output = out_.data(), .images = 1});
    const float border = border_of(op);
    for (float& x : out_) x = x != 0 && x != border ? 1.0f : 0.0f;
  }
  // A border that is 1 itself counts as what can differ: an upper bound still.
  template <typename AnyOp>
  static float border_of(const AnyOp& op) {
    if constexpr (std::is_same_v<AnyOp, ops::Pad>) {
      if (op.value != 1.0f) return op.value;
    }
    return 0.0f;
  }

  template <typename Convolution, typename Work>
  void for_each_window(const Convolution& op, const Work& work) {
    const Shape &in = shape(0), &out = step_.shape;
    std::vector<int64_t> window;
    for (int64_t row = 0; row < out[0]; ++row) {
      const auto rows = window_of(row, in[0], op.kernel_size[0], op.strides[0], op.dilation[0], op.padding);
      for (int64_t column = 0; column < out[1]; ++column) {
        const auto columns =
            window_of(column, in[1], op.kernel_size[1], op.strides[1], op.dilation[1], op.padding);
        window.clear();
        for (const int64_t r : rows)
          for (const int64_t c : columns) window.push_back(r * in[1] + c);
        work(row * out[1] + column, window);
      }
    }
  }

  // The last axis: all of an output row where anything of the input row can differ.
  void spread_rows() {
    const int64_t in = shape(0).back(), out = step_.shape.back();
    for (int64_t row = 0; row < step_.shape.elements() / out; ++row) {
      const float* begin = inputs_[0]->data() + row * in;
      std::fill_n(out_.begin() + row * out, out, any_of(begin, begin + in) ? 1.0f : 0.0f);
    }
  }
  void spread_channels() {
    const auto channels = static_cast<size_t>(step_.shape.back());
    std::vector<float> differs(channels);
    for (size_t i = 0; i < inputs_[0]->size(); ++i)
      differs[i % channels] = std::max(differs[i % channels], (*inputs_[0])[i]);
    for (size_t i = 0; i < out_.size(); ++i) out_[i] = differs[i % channels];
  }
  // Axes are aligned at the end, those of length 1 stretched.
  void add_broadcast(size_t input) {
    const std::vector<int64_t>&in = shape(input).dims(), &out = step_.shape.dims();
    for (size_t i = 0; i < out_.size(); ++i) {
      int64_t rest = static_cast<int64_t>(i), place = 0, stride = 1;
      for (size_t axis = 0; axis < in.size(); ++axis) {
        const int64_t length = in[in.size() - 1 - axis], whole = out[out.size() - 1 - axis];
        if (length > 1) place += rest % whole * stride;
        stride *= length;
        rest /= whole;
      }
      out_[i] = std::max(out_[i], (*inputs_[input])[static_cast<size_t>(place)]);
    }
  }

  const plan::DraftStep& step_;
  std::vector<const Mask*> inputs_;
  Mask out_;
};

// A zero input times the weight may differ too: -0 for +0, or NaN.
bool counts_with_zeros(const Patch& patch) {
  const bool is_finite_both = is_finite(bits_float(patch.old_bits)) && is_finite(bits_float(patch.new_bits));
  return !is_finite_both || (patch.old_bits ^ patch.new_bits) >> 31 != 0;
}

StepReach reach_of_step(const plan::DraftStep& step, const Kernel& kernel, const Mask& mask) {
  StepReach reach{.path = step.path, .op = op_text(step.op), .shape = step.shape.dims()};
  const int64_t channels = step.shape.rank() > 0 ? step.shape.back() : 1;
  reach.all_outputs = static_cast<int64_t>(mask.size());
  reach.all_positions = reach.all_outputs / channels;
  reach.outputs = std::count(mask.begin(), mask.end(), 1.0f);
  for (int64_t p = 0; p < reach.all_positions; ++p)
    reach.positions += any_of(mask.data() + p * channels, mask.data() + (p + 1) * channels) ? 1 : 0;
  const int64_t each = kernel.multiply_adds() / reach.all_outputs;
  reach.multiply_adds = reach.outputs == reach.all_outputs ? kernel.multiply_adds() : each * reach.outputs;
  return reach;
}

}  // namespace

std::vector<StepReach> reach_of(const OpNetwork& network, const Patch& patch) {
  std::map<plan::ValueId, Mask> masks;  // of values that can differ
  std::vector<StepReach> reach;
  const Shape& kernel_shape = network.graph->weights[static_cast<size_t>(patch.weight)].shape;
  for (size_t i = 0; i < network.draft.steps.size(); ++i) {
    const plan::DraftStep& step = network.draft.steps[i];
    const Kernel& kernel = *network.plan.parts().steps[i].kernel;
    const bool is_hit = kernel.holds(patch.weight);
    std::vector<const Mask*> inputs;
    std::vector<Mask> golden;  // of inputs that cannot differ
    golden.reserve(step.inputs.size());
    bool differs = is_hit;
    for (const plan::Use& use : step.inputs) {
      const auto found = masks.find(use.value);
      differs = differs || found != masks.end();
      if (found == masks.end()) golden.emplace_back(static_cast<size_t>(use.shape.elements()));
      inputs.push_back(found == masks.end() ? &golden.back() : &found->second);
    }
    if (!differs) continue;
    Mask mask = MaskRule(step, std::move(inputs)).apply();
    if (is_hit) {
      for (const KernelUse& use :
           kernel_uses(step.op, kernel_shape, patch.element, step.inputs[0].shape, step.shape))
        if (use.input != KernelUse::kPadding || counts_with_zeros(patch))
          mask[static_cast<size_t>(use.output)] = 1;
    }
    if (!any_of(mask.data(), mask.data() + mask.size())) continue;
    reach.push_back(reach_of_step(step, kernel, mask));
    masks[step.output] = std::move(mask);
  }
  return reach;
}

}  // namespace tf_injector::detail
