// The study: every row from the same faults.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <numeric>
#include <utility>

#include "answers/outcome_shares.hpp"
#include "answers/protect/layer_ranking.hpp"
#include "answers/protect/protection.hpp"
#include "answers/report_sample.hpp"
#include "answers/report_subject.hpp"
#include "session/guarded.hpp"
#include "tf_injector/bit_groups.hpp"
#include "tf_injector/error.hpp"
#include "tf_injector/protect.hpp"

namespace tf_injector {

using namespace detail;

namespace detail {
namespace {

constexpr const char* kNoProtection = "none";
// The sign, the highest bit below it, both, and the exponent without and with the sign; int8 has none: three
// and four bits from the sign down.
std::vector<std::string> usual_bits(StorageFormat storage) {
  const BitGroup& below = bit_groups(storage)[1];
  const int sign = storage_bits(storage) - 1, top = below.last_bit;
  const bool is_int8 = storage == StorageFormat::int8;
  const int third = is_int8 ? sign - 2 : below.first_bit, fourth = is_int8 ? sign - 3 : below.first_bit;
  return {fmt::format("tmr-bits={}", sign), fmt::format("tmr-bits={}", top),
          fmt::format("tmr-bits={},{}", top, sign),
          fmt::format("tmr-bits={}-{}", third, is_int8 ? sign : top),
          fmt::format("tmr-bits={}-{}", fourth, sign)};
}

constexpr const char* kUsualWords[] = {"parity-reload", "secded64", "secded32",
                                       "parity-zero",   "clamp",    "ranger"};
constexpr size_t kLayerCounts[] = {1, 2, 3, 5, 10, 20, 50};
constexpr double kMostChoices = 1e11;  // of layers: the share of an error of 1 % that each has is a double

int64_t harmed_images(const Tally& tally, ProtectMetric metric) {
  return metric == ProtectMetric::critical ? tally.critical() : tally.images - tally.top_5_robust;
}

double choices_of(size_t all, size_t chosen) {
  double choices = 1;
  for (size_t i = 0; i < chosen; ++i) choices *= static_cast<double>(all - i) / static_cast<double>(i + 1);
  return choices;
}

// Infinity where nothing is left.
Reduction reduction_of(const Share& remaining) {
  const auto factor = [](double share) {
    return share > 0 ? 1 / share : std::numeric_limits<double>::infinity();
  };
  return {
      .estimate = factor(remaining.estimate), .low = factor(remaining.high), .high = factor(remaining.low)};
}

class StudyMaker {
 public:
  StudyMaker(const ReportSample& sample, const ProtectOptions& options)
      : sample_(sample), design_(sample.design), options_(options), domains_(1) {
    Domain& all = domains_.front();
    for (size_t cell = 0; cell < design_.cells.size(); ++cell) all.cells.push_back(cell);
    walk(design_, domains_);
    for (const ReportRow& row : sample.report.rows) {
      const int64_t harmed = harmed_images(row.tally, options.metric);
      values_.push_back(value_of(row.tally, harmed, OutcomeUnit::images));
      hits_.push_back(value_of(row.tally, harmed, OutcomeUnit::faults));
    }
  }

  [[nodiscard]] std::vector<ProtectionRow> rows() {
    ProtectionRow none = row_of(Protection(design_), kNoProtection, "no protection", options_.confidence);
    unprotected_ = none.residual.images;
    std::vector<ProtectionRow> rows = {std::move(none)};
    if (options_.usual) {
      for (const std::string& words : usual_bits(design_.storage)) rows.push_back(by_words(words));
      add_best_layers(rows);
      for (const char* words : kUsualWords) rows.push_back(by_words(words));
    }
    for (const std::string& words : options_.protections) rows.push_back(by_words(words));
    for (const ChosenBits& chosen : options_.chosen) rows.push_back(by_choice(chosen));
    mark_front(rows);
    return rows;
  }

 private:
  [[nodiscard]] const Domain& network() const { return domains_.front(); }

  [[nodiscard]] ProtectionRow by_words(const std::string& words) const {
    Protection protection(design_);
    protection.add(words);
    return row_of(protection, words, protection_label(words, design_.storage), options_.confidence);
  }

  [[nodiscard]] ProtectionRow by_choice(const ChosenBits& chosen) const {
    Protection protection(design_);
    protection.triple(chosen, "`layers`");
    const std::string all_bits = fmt::format("tmr-bits=0-{}", storage_bits(design_.storage) - 1);
    std::string bits, names;
    for (const int bit : chosen.bits) bits += (bits.empty() ? "" : ",") + std::to_string(bit);
    for (const std::string& layer : chosen.layers) names += (names.empty() ? "" : ",") + layer;
    const std::string name = bits.empty() ? names.empty() ? all_bits : "tmr=" + names
                                          : "tmr-bits=" + bits + (names.empty() ? "" : " in " + names);
    const std::string what =
        bits.empty() && !names.empty() ? "" : chosen_bits_label(chosen.bits, design_.storage);
    const std::string of = what.empty() || names.empty() ? what : what + " in ";
    const std::string label = fmt::format("TMR of {}{}", of, fmt::join(chosen.layers, ", "));
    ProtectionRow row = row_of(protection, name, label, options_.confidence);
    row.layers = chosen.layers;
    return row;
  }

  [[nodiscard]] ProtectionRow row_of(const Protection& protection, std::string name, std::string label,
                                     double confidence) const {
    ProtectionRow row{.name = std::move(name), .label = std::move(label)};
    row.needs = protection.needs();
    if (design_.sizes_known) row.bits_per_weight = protection.bits_per_weight();
    const std::vector<bool> corrected = protection.corrected();
    row.is_exact = std::find(corrected.begin(), corrected.end(), false) == corrected.end();
    if (!protection.changing().empty() && !row.is_exact) {
      row.not_known = fmt::format("not known from this list: run ... --protect {}",
                                  fmt::join(protection.changing(), " --protect "));
      return row;
    }
    measure(row, corrected, confidence);
    return row;
  }

  // What is left of the values where the corrected faults have none.
  [[nodiscard]] std::vector<double> left_of(const std::vector<double>& values,
                                            const std::vector<bool>& corrected,
                                            bool is_corrected = false) const {
    std::vector<double> left(values.size());
    for (size_t i = 0; i < values.size(); ++i)
      if (corrected[design_.cell_of_row[i]] == is_corrected) left[i] = values[i];
    return left;
  }

  [[nodiscard]] Share mean_of(const std::vector<double>& values, double confidence) const {
    const SampleMean mean =
        domain_mean(design_, network(), values, Outcome::critical, OutcomeUnit::images, confidence);
    return share_of(mean.estimate(), mean.interval());
  }

  void measure(ProtectionRow& row, const std::vector<bool>& corrected, double confidence) const {
    constexpr Share kNothing{.estimate = 0, .low = 0, .high = 0};
    const bool is_none = std::find(corrected.begin(), corrected.end(), true) == corrected.end();
    if (row.is_exact) {
      row.residual = {kNothing, kNothing};
      row.removed = unprotected_;
      row.remaining = kNothing;
    } else {
      row.residual.images = mean_of(left_of(values_, corrected), confidence);
      row.residual.faults =
          share_of_faults(design_, network(), left_of(hits_, corrected), Outcome::critical, confidence);
      row.removed = is_none ? kNothing : mean_of(left_of(values_, corrected, true), confidence);
      row.remaining =
          is_none ? Share{.estimate = 1, .low = 1, .high = 1} : remaining_of(row, corrected, confidence);
    }
    row.reduction = reduction_of(row.remaining);
    find_worst(row, corrected);
  }

  [[nodiscard]] Share remaining_of(const ProtectionRow& row, const std::vector<bool>& corrected,
                                   double confidence) const {
    std::vector<bool> is_left = corrected;
    is_left.flip();
    const Interval interval = domain_ratio(design_, network(), values_, is_left, confidence);
    const double all = unprotected_.estimate;
    return share_of(all > 0 ? row.residual.images.estimate / all : 1.0, interval);
  }

  void find_worst(ProtectionRow& row, const std::vector<bool>& corrected) const {
    const std::vector<ReportRow>& rows = sample_.report.rows;
    const ReportRow* worst = nullptr;
    for (size_t i = 0; i < rows.size(); ++i) {
      if (corrected[design_.cell_of_row[i]] || !(values_[i] > 0)) continue;
      if (worst != nullptr && values_[i] < row.worst_share) continue;
      if (worst != nullptr && values_[i] == row.worst_share && rows[i].fault.id > worst->fault.id) continue;
      worst = &rows[i];
      row.worst_share = values_[i];
    }
    if (worst != nullptr) row.worst = *worst;
  }

  // Which layers are the most critical is not known but from the same faults. Intervals are made as if every
  // choice of so many layers had one (Bonferroni), so that they hold whichever was made; estimates are
  // cross-fitted: the layers that one half of the faults chooses are evaluated on the other.
  void add_best_layers(std::vector<ProtectionRow>& rows) const {
    const std::vector<size_t> ranking = rank_layers(design_, network(), values_);
    const DomainHalves halves = halves_of(network());
    const std::vector<size_t> by_first = rank_layers(design_, halves.first, values_);
    const std::vector<size_t> by_second = rank_layers(design_, halves.second, values_);
    for (const size_t count : kLayerCounts) {
      const double choices = choices_of(ranking.size(), std::min(count, ranking.size()));
      if (count >= ranking.size() || choices > kMostChoices) continue;
      const double confidence = 1 - (1 - options_.confidence) / choices;
      const std::string label = count == 1 ? "TMR of the most critical layer"
                                           : fmt::format("TMR of {} most critical layers", count);
      std::vector<std::string> names;
      for (size_t i = 0; i < count; ++i) names.push_back(design_.layers[ranking[i]].name);
      ProtectionRow row =
          row_of(best_of(ranking, count), fmt::format("tmr={}", fmt::join(names, ",")), label, confidence);
      row.best_layers = static_cast<int64_t>(count);
      row.layers = std::move(names);
      row.of_choosing_faults = row.residual.images.estimate;
      cross_fit(row, best_of(by_first, count).corrected(), halves.second,
                best_of(by_second, count).corrected(), halves.first);
      rows.push_back(std::move(row));
    }
  }

  [[nodiscard]] Protection best_of(const std::vector<size_t>& ranking, size_t count) const {
    Protection protection(design_);
    protection.triple({ranking.begin(), ranking.begin() + static_cast<ptrdiff_t>(count)}, {});
    return protection;
  }

  void cross_fit(ProtectionRow& row, const std::vector<bool>& by_first, const Domain& second,
                 const std::vector<bool>& by_second, const Domain& first) const {
    const auto estimate = [&](const Domain& half, const std::vector<double>& values) {
      return domain_mean(design_, half, values, Outcome::critical, OutcomeUnit::images, options_.confidence)
          .estimate();
    };
    const double all = estimate(first, values_) + estimate(second, values_);
    if (!(all > 0)) return;
    const double left =
        estimate(second, left_of(values_, by_first)) + estimate(first, left_of(values_, by_second));
    const double remaining = left / all, residual = remaining * unprotected_.estimate;
    const auto moved = [](Share& share, double to) {
      share.estimate = std::clamp(to, share.low, share.high);
    };
    moved(row.remaining, remaining);
    moved(row.residual.images, residual);
    moved(row.removed, unprotected_.estimate - residual);
    row.reduction = reduction_of(row.remaining);
  }

  // Only rows that need nothing else can be compared by their bits.
  static void mark_front(std::vector<ProtectionRow>& rows) {
    const auto is_compared = [](const ProtectionRow& row) {
      return row.not_known.empty() && row.needs.empty() && row.bits_per_weight.has_value();
    };
    for (ProtectionRow& row : rows) {
      if (!is_compared(row)) continue;
      row.on_front = std::none_of(rows.begin(), rows.end(), [&](const ProtectionRow& other) {
        if (!is_compared(other)) return false;
        const double bits = *row.bits_per_weight, left = row.residual.images.estimate;
        const double other_bits = *other.bits_per_weight, other_left = other.residual.images.estimate;
        return other_bits <= bits && other_left <= left && (other_bits < bits || other_left < left);
      });
    }
  }

  const ReportSample& sample_;
  const SampleDesign& design_;
  const ProtectOptions& options_;
  std::vector<Domain> domains_;
  std::vector<double> values_, hits_;  // of the rows
  Share unprotected_;
};

std::vector<std::string> notes_of(const ProtectionStudy& study, const ProtectOptions& options) {
  std::vector<std::string> notes;
  const auto any = [&](const auto& is_so) {
    return std::any_of(study.rows.begin(), study.rows.end(), is_so);
  };
  if (any([](const ProtectionRow& row) { return row.is_exact; })) {
    notes.emplace_back(
        "exact: corrects every flip of one bit, so that of this list nothing is left by definition. What "
        "several flips in one word do needs a list of their own.");
  }
  if (any([](const ProtectionRow& row) { return row.best_layers > 0; })) {
    notes.push_back(fmt::format(
        "The most critical layers were chosen by these faults. Their estimates are cross-fitted: what one "
        "half of the faults chooses is evaluated on the other half, and the other way round. Their "
        "intervals hold at {:.6g} % for whichever layers would be chosen, so they are wider than the "
        "others'.",
        100 * options.confidence));
  }
  if (any([](const ProtectionRow& row) { return !row.needs.empty(); })) {
    notes.emplace_back(
        "Parity finds a flip and corrects nothing: the copy to reload from takes memory that is not counted, "
        "so that its row is left out of the front.");
  }
  if (any([](const ProtectionRow& row) { return !row.not_known.empty(); })) {
    notes.emplace_back(
        "not known: gives a weight or an output another value than it had, which only a campaign can tell: "
        "run ... --protect NAME.");
  }
  notes.emplace_back(
      "Bits that a protection adds can flip too, and voters, decoders and time are no memory: none of this "
      "is in the numbers.");
  return notes;
}

ProtectionStudy study_of(const std::string& path, const ReportSample& sample, const ProtectOptions& options) {
  ProtectionStudy study;
  study.report = path;
  study.confidence = options.confidence;
  study.metric = options.metric;
  study.images = sample.report.golden.images;
  study.faults = static_cast<int64_t>(sample.report.rows.size());
  study.design = sample.design.summary;
  study.storage = sample.design.storage;
  study.remarks = sample.design.remarks;
  if (sample.design.sizes_known) {
    double faults = 0, weights = 0;
    std::vector<bool> is_counted(sample.design.layers.size());
    for (const DesignCell& cell : sample.design.cells) {
      faults += cell.population;
      if (!is_counted[cell.layer]) weights += sample.design.layers[cell.layer].elements;
      is_counted[cell.layer] = true;
    }
    study.population = static_cast<int64_t>(faults);
    study.weights = static_cast<int64_t>(weights);
  }
  if (sample.asked.metadata) {
    study.model = network_name(sample.asked.metadata->model_path);
    study.dataset = dataset_name(*sample.asked.metadata);
  }
  study.rows = StudyMaker(sample, options).rows();
  study.notes = notes_of(study, options);
  return study;
}

}  // namespace
}  // namespace detail

std::string_view protect_metric_name(ProtectMetric metric) noexcept {
  return metric == ProtectMetric::critical ? "critical" : "sdc5";
}

ProtectionStudy protection_study(const std::string& path, const ProtectOptions& options) {
  return guarded([&] {
    check_confidence(options.confidence);
    return study_of(path, read_report_sample(path, options.storage), options);
  });
}

ProtectionStudy protection_study(const std::string& path, const Model& model, const std::string& plan,
                                 const ProtectOptions& options) {
  return guarded([&] {
    check_confidence(options.confidence);
    ProtectionStudy study = study_of(path, read_report_sample(path, model, plan), options);
    study.model = network_name(model.source());
    return study;
  });
}

}  // namespace tf_injector
