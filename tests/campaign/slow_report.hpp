// What a report and its scores must be, computed slowly: image by image, fault by fault, with the reference
// kernels.
#pragma once

#include <algorithm>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "metrics/top_k.hpp"
#include "plan/plan.hpp"
#include "report/csv_report.hpp"
#include "support/campaign_run.hpp"
#include "tf_injector/tally.hpp"

namespace tf_injector::detail::test {

// Scores of all images under one fault (or none), image by image with the reference kernels.
inline std::vector<float> slow_scores(const RunInputs& inputs, std::span<const Patch> fault, int64_t images,
                                      int64_t batch_size) {
  std::set<WeightId> masks;
  for (const Patch& patch : fault)
    if (inputs.graph.is_mask(patch.weight)) masks.insert(patch.weight);
  const Plan plan =
      Plan::compile(inputs.graph, {.kernels = KernelSet::scalar, .masks = {masks.begin(), masks.end()}});
  Workspace workspace(plan, 1);
  std::optional<Overlay> overlay;
  if (!fault.empty()) overlay.emplace(plan, fault);
  const auto classes = static_cast<size_t>(plan.classes());
  std::vector<float> scores(static_cast<size_t>(images) * classes);
  for (int64_t image = 0; image < images; ++image) {
    const auto i = static_cast<size_t>(image);
    std::vector<std::span<const float>> input;
    for (size_t k = 0; k < plan.inputs().size(); ++k) {
      const auto elements = static_cast<size_t>(plan.inputs()[k].shape.elements());
      input.push_back(inputs.dataset.inputs[k].floats.span().subspan(i * elements, elements));
    }
    const int64_t left = images - image / batch_size * batch_size;
    evaluate(plan, overlay ? &*overlay : nullptr, workspace, input, 1,
             {.batch = static_cast<int>(std::min(batch_size, left)),
              .batch_index = static_cast<int>(image % batch_size)},
             std::span(scores).subspan(i * classes, classes));
  }
  return scores;
}

inline bool contains(const std::vector<int>& chosen, int label) {
  return std::find(chosen.begin(), chosen.end(), label) != chosen.end();
}

// Counts as the report's columns are defined, with the functions that NumPy itself is held against.
inline std::string slow_report(const RunInputs& inputs, int64_t images, int64_t batch_size) {
  const std::vector<float> golden = slow_scores(inputs, {}, images, batch_size);
  const size_t classes = golden.size() / static_cast<size_t>(images);
  std::vector<int> top_1, top_5;
  const auto count = [&](const std::vector<float>& scores, int64_t only = kAllImages) {
    Tally tally;
    for (size_t i = 0; i < static_cast<size_t>(images); ++i) {
      if (only != kAllImages && static_cast<int64_t>(i) != only) continue;
      const auto row = std::span(scores).subspan(i * classes, classes);
      const auto gold = std::span(golden).subspan(i * classes, classes);
      top_k(row, 1, top_1);
      top_k(row, 5, top_5);
      const int label = inputs.dataset.labels[i];
      bool equal = true;
      for (size_t c = 0; c < classes; ++c) equal = equal && row[c] == gold[c];
      tally.images += 1;
      tally.top_1_correct += contains(top_1, label);
      tally.top_5_correct += contains(top_5, label);
      tally.top_1_robust += contains(top_1, argmax(gold));
      tally.top_5_robust += contains(top_5, argmax(gold));
      tally.masked += equal;
    }
    return tally;
  };
  std::string report = report_header() + golden_row(count(golden));
  const ResolvedFaultList& list = *inputs.list;
  for (size_t f = 0; f < list.faults.size(); ++f)
    report += fault_row(list.faults[f], count(slow_scores(inputs, list.patches[f], images, batch_size),
                                              list.patches.rows().image(f)));
  return report;
}

}  // namespace tf_injector::detail::test
