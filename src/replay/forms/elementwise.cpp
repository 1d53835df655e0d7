// Steps that make an element from the elements at the same place: epilogues, functions, binary operations.
#include "replay/forms/forms.hpp"

namespace tf_injector::detail::replay {

void compute_elementwise(const ReplayStep& step, PackPixels& pixels) {
  pixels.for_each_reached(step, [&](int64_t p, LaneMask reach) {
    pixels.load_sums(step.reads.front(), p, reach);
    pixels.finish(step, p, reach, step.epilogue->parameters());
  });
}

void compute_function(const ReplayStep& step, PackPixels& pixels) {
  pixels.for_each_reached(step, [&](int64_t p, LaneMask reach) {
    pixels.load_sums(step.reads.front(), p, reach);
    for (int64_t c = 0; c < pixels.info(step.output).channels; ++c)
      step.function->apply(pixels.sum(c), pixels.sum(c), pixels.row_size(reach));
    pixels.finish(step, p, reach);
  });
}

void compute_binary(const ReplayStep& step, PackPixels& pixels) {
  const BinaryStep& binary = *step.binary;
  PackedActivations& values = pixels.values();
  const int64_t channels = pixels.info(step.output).channels;
  const LaneMask at_all_positions = values.lanes_at_all_positions(step.reads);
  const auto position = [&](size_t input, int64_t p) { return binary.one_position[input] ? 0 : p; };
  for (int64_t p = 0; p < pixels.info(step.output).positions; ++p) {
    LaneMask reach = at_all_positions;
    for (size_t i = 0; i < step.reads.size(); ++i)
      reach |= values.changed_lanes(step.reads[i], position(i, p));
    if (reach == 0) continue;
    pixels.load_sums(step.reads.front(), position(0, p), reach);
    if (step.reads.size() == 2) pixels.load_operand(step.reads.back(), position(1, p), reach);
    for (int64_t c = 0; c < channels; ++c)
      binary.kernel->compute(p * channels + c, pixels.sum(c), pixels.operand(c), pixels.row_size(reach),
                             pixels.sum(c));
    pixels.finish(step, p, reach);
  }
}

}  // namespace tf_injector::detail::replay
