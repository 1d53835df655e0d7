#include "tf_injector/report.hpp"

namespace tf_injector {

void MemoryReport::begin(const Tally& golden, std::span<const float> scores) {
  golden_ = golden;
  golden_scores_.assign(scores.begin(), scores.end());
  rows_.clear();
  fault_scores_.clear();
  details_.clear();
  confusion_.clear();
}

void MemoryReport::append(const RowBlock& block, const Spent&) {
  for (size_t i = 0; i < block.faults.size(); ++i) {
    rows_.push_back({block.faults[i], block.tallies[i]});
    if (!block.scores.empty()) fault_scores_.push_back(block.scores[i]);
  }
  details_.insert(details_.end(), block.details.begin(), block.details.end());
  confusion_.resize(block.confusion.size());
  for (size_t i = 0; i < confusion_.size(); ++i) confusion_[i] += block.confusion[i];
}

}  // namespace tf_injector
