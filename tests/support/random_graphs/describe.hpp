// A case that differs, for people.
#pragma once

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "support/random_graphs/shrink.hpp"

namespace tf_injector::detail::test {

namespace detail {

inline std::string pair_of(const std::array<int64_t, 2>& values) {
  return fmt::format("{}x{}", values[0], values[1]);
}

template <class O>
std::string window_of(const O& op) {
  return fmt::format("kernel {} strides {} dilation {} {}", pair_of(op.kernel_size), pair_of(op.strides),
                     pair_of(op.dilation), op.padding == ops::Padding::same ? "same" : "valid");
}
template <class O>
std::string pool_of(const O& op) {
  return fmt::format("pool {} strides {} {}", pair_of(op.pool_size), pair_of(op.strides),
                     op.padding == ops::Padding::same ? "same" : "valid");
}

// What the name and the shapes do not say. Nothing for most.
template <class O>
std::string options_of(const O&) {
  return "";
}
inline std::string options_of(const ops::Conv2D& op) {
  return fmt::format("w{} {} groups {}{}", op.kernel, window_of(op), op.groups,
                     op.bias != kNoWeight ? fmt::format(" bias w{}", op.bias) : "");
}
inline std::string options_of(const ops::DepthwiseConv2D& op) {
  return fmt::format("w{} {} multiplier {}", op.kernel, window_of(op), op.multiplier);
}
inline std::string options_of(const ops::Dense& op) { return fmt::format("w{}", op.kernel); }
inline std::string options_of(const ops::AveragePool2D& op) { return pool_of(op); }
inline std::string options_of(const ops::MaxPool2D& op) { return pool_of(op); }
inline std::string options_of(const ops::Concat& op) { return fmt::format("axis {}", op.axis); }
inline std::string options_of(const ops::Activation& op) { return ops::activation_name(op.kind); }
inline std::string options_of(const ops::Function& op) {
  return fmt::format("{} alpha {}", ops::function_name(op.kind), op.alpha);
}
inline std::string options_of(const ops::Binary& op) {
  return fmt::format("{}{}{}", ops::binary_name(op.kind),
                     op.constant != kNoWeight ? " with a constant " + op.constant_shape.to_string() : "",
                     op.constant_first ? ", the constant first" : "");
}
inline std::string options_of(const ops::BatchNormalization& op) {
  return fmt::format("epsilon {}{}", op.epsilon, op.fused ? "" : " not fused");
}
inline std::string options_of(const ops::Pad& op) { return fmt::format("with {}", op.value); }
inline std::string options_of(const ops::Transpose& op) { return fmt::format("{}", fmt::join(op.perm, " ")); }

}  // namespace detail

inline std::string text_of(const Graph& graph) {
  std::string text;
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    const Node& node = graph.nodes[i];
    text += fmt::format("    {:>2} {} {} <- {} {}\n", i, op_name(node.op), node.shape.to_string(),
                        fmt::join(node.inputs, " "),
                        std::visit([](const auto& op) { return detail::options_of(op); }, node.op));
  }
  return text;
}

inline std::string steps_of(const Graph& graph, KernelSet set) {
  std::string text;
  for (const tf_injector::StepInfo& step : Plan::compile(graph, {.kernels = set}).steps())
    text += fmt::format("    {} ({})\n", step.op, step.kernel);
  return text;
}

inline std::string text_of(const Patch& fault) {
  return fmt::format("weight w{}[{}]: {} -> {} ({:08x} -> {:08x})", fault.weight, fault.element,
                     bits_float(fault.old_bits), bits_float(fault.new_bits), fault.old_bits, fault.new_bits);
}

inline std::string text_of(const std::vector<Patch>& fault) {
  std::string text;
  for (const Patch& patch : fault) text += (text.empty() ? "" : " + ") + text_of(patch);
  return text;
}

inline std::string text_of(const RandomCase& c, const Difference& d) {
  const std::string which =
      d.fault < c.faults.size()
          ? fmt::format("fault {} of {}, {}", d.fault, c.faults.size(), text_of(c.faults[d.fault]))
          : std::string("no fault");
  return fmt::format(
      "  {}\n  {}\n  image {} of {} in batches of {}, element {}: expected {} ({:08x}), found {} ({:08x})\n",
      d.how.text(), which, d.image, c.images, c.batch_size, d.element, d.expected, float_bits(d.expected),
      d.found, float_bits(d.found));
}

// The first difference, and what the case can be shrunk to; the last of its steps is the first that differs.
inline std::string report_of(const RandomCase& c, const Difference& difference) {
  const SmallCase small = shrink(c, difference);
  return fmt::format(
      "seed {} ({}) differs from the scalar reference:\n{} shrunk to\n{}  nodes\n{}  steps\n{}", c.seed,
      theme_name(c.theme), text_of(c, difference), text_of(small.c, small.difference), text_of(small.c.graph),
      steps_of(small.c.graph, small.difference.how.set));
}

}  // namespace tf_injector::detail::test
