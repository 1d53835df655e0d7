#include "metrics/tally.hpp"

namespace tf_injector::detail {

bool rows_equal(std::span<const float> a, std::span<const float> b) {
  if (a.size() != b.size()) return false;
  // No early exit: rows are short, and the compiler makes a few vector comparisons of this loop.
  bool equal = true;
  for (size_t i = 0; i < a.size(); ++i) equal &= a[i] == b[i];
  return equal;
}

Tally tally_row(std::span<const float> scores, std::span<const float> golden, int golden_label, int label,
                const Decision& decision) {
  Tally tally;
  tally.images = 1;
  tally.top_1_correct = decision.in_top(scores, 1, label);
  // Not implied by top 1: if many scores are equal, the one that k = 1 selects may be missing in NumPy's
  // top 5.
  tally.top_5_correct = decision.in_top(scores, 5, label);
  if (golden.empty()) return tally;
  if (golden_label == label) {
    tally.top_1_robust = tally.top_1_correct;
    tally.top_5_robust = tally.top_5_correct;
  } else {
    tally.top_1_robust = decision.in_top(scores, 1, golden_label);
    tally.top_5_robust = decision.in_top(scores, 5, golden_label);
  }
  tally.masked = rows_equal(scores, golden);
  return tally;
}

}  // namespace tf_injector::detail
