// Replay held against the scalar reference: the same faults, the same images, every bit of the scores.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <random>

#include "kernels/same_bits.hpp"
#include "replay/replay.hpp"

namespace tf_injector::detail::test {

// Of a test's networks: TFI_SEED, or the test's own.
inline uint32_t network_seed(uint32_t otherwise) {
  const char* const seed = std::getenv("TFI_SEED");
  return seed != nullptr ? static_cast<uint32_t>(std::strtoul(seed, nullptr, 10)) : otherwise;
}

// Images of one input.
using Images = std::span<const std::vector<float>>;

// How many (fault, image) pairs have other scores by replay, the way a campaign takes it, than by the scalar
// reference. A pair that is only NaN on both sides is the same.
inline int differing_pairs(const Graph& graph, std::span<const Patch> patches, Images images, KernelSet set,
                           BatchContext context) {
  const Plan fast = Plan::compile(graph, {.kernels = set});
  const Plan reference = Plan::compile(graph, {.kernels = KernelSet::scalar});
  const replay::ReplayPlan plan(fast);
  const replay::FaultBlock block(plan, patches);
  replay::ReplayWorkspace replay(plan);
  Workspace workspace(reference, 1);
  std::vector<Overlay> overlays;
  for (const Patch& patch : patches) overlays.emplace_back(reference, patch);
  std::vector<float> golden(static_cast<size_t>(fast.classes())), expected(golden.size());
  int differing = 0;
  for (const std::vector<float>& image : images) {
    const std::span<const float> inputs[] = {image};
    std::vector<std::vector<float>> scores(patches.size());
    replay.run_golden(inputs, context, golden);
    for (const replay::Group& group : block.groups())
      replay.run_group(
          group, [&](BlockIndex f, std::span<const float> s) { scores[f.value].assign(s.begin(), s.end()); });
    evaluate(reference, nullptr, workspace, inputs, 1, context, expected);
    differing += same_bits(expected, golden) ? 0 : 1;
    for (size_t f = 0; f < patches.size(); ++f) {
      evaluate(reference, &overlays[f], workspace, inputs, 1, context, expected);
      differing += same_bits(expected, scores[f].empty() ? golden : scores[f]) ? 0 : 1;
    }
  }
  return differing;
}

}  // namespace tf_injector::detail::test
