#include "answers/protect/protection_words.hpp"

#include <fmt/format.h>

#include <cmath>

#include "answers/answer_text.hpp"
#include "answers/number_text.hpp"

namespace tf_injector::detail {
namespace {

constexpr double kLargestShown = 1e6;  // of factors

// With three significant digits; whole from 100 on.
std::string factor_text(double factor) {
  if (std::isinf(factor)) return "inf";
  if (factor > kLargestShown) return ">" + grouped(static_cast<int64_t>(kLargestShown));
  if (factor >= 99.95) return grouped(std::llround(factor));
  return fmt::format("{:.{}f}", factor, factor < 9.995 ? 2 : 1);
}

}  // namespace

ReportStatistics subject_of(const ProtectionStudy& study) {
  ReportStatistics subject;
  subject.report = study.report;
  subject.model = study.model;
  subject.dataset = study.dataset;
  subject.confidence = study.confidence;
  subject.images = study.images;
  subject.design = study.design;
  subject.network.storage = study.storage;
  subject.network.faults = study.faults;
  subject.network.population = study.population;
  return subject;
}

std::string unprotected_text(const ProtectionStudy& study) {
  const ShareText share = percent_text(study.rows.front().residual.images);
  const std::string harm = study.metric == ProtectMetric::critical
                               ? "changes the decision"
                               : "moves the decision out of the first five classes";
  return fmt::format("Without protection a fault {} on {} % of the images {} ({} confidence).", harm,
                     share.estimate, interval_text(share), confidence_text(study.confidence));
}

std::string bits_text(const ProtectionRow& row) {
  if (!row.bits_per_weight) return "?";
  const double bits = *row.bits_per_weight;
  if (bits >= 10) return fmt::format("{:.3g}", bits);
  return fmt::format("{:.2g}", bits);
}

std::string reduction_text(const ProtectionRow& row) {
  if (row.is_exact) return "all";
  if (std::isinf(row.reduction.estimate)) return ">" + factor_text(row.reduction.low);
  return factor_text(row.reduction.estimate);
}

std::string reduction_interval_text(const ProtectionRow& row) {
  if (row.is_exact) return "exact";
  return fmt::format("[{}, {}]", factor_text(row.reduction.low), factor_text(row.reduction.high));
}

std::vector<std::string> ranked_layers(const ProtectionStudy& study) {
  std::vector<std::string> layers;
  for (const ProtectionRow& row : study.rows)
    if (row.best_layers > static_cast<int64_t>(layers.size())) layers = row.layers;
  return layers;
}

bool has_harm(const ProtectionStudy& study) { return study.rows.front().worst.has_value(); }

}  // namespace tf_injector::detail
