#include "tf_injector/report_statistics.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <tuple>
#include <utility>

#include "answers/detail_statistics.hpp"
#include "answers/domain_mean.hpp"
#include "answers/domain_walk.hpp"
#include "answers/outcome_shares.hpp"
#include "answers/report_metadata.hpp"
#include "answers/report_sample.hpp"
#include "answers/report_subject.hpp"
#include "answers/sample_design.hpp"
#include "report/run_metadata.hpp"
#include "session/guarded.hpp"
#include "tf_injector/bit_groups.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector {

using namespace detail;

namespace {

constexpr OutcomeName kNames[kOutcomes] = {
    {"critical", "critical (SDC-1)"},   {"non_critical", "non-critical"},   {"masked", "masked"},
    {"top_1_correct", "top-1 correct"}, {"top_5_correct", "top-5 correct"}, {"top_5_robust", "top-5 robust"}};

// Of the rows, between 0 and 1.
std::vector<double> values_of(std::span<const ReportRow> rows, Outcome outcome, OutcomeUnit unit) {
  std::vector<double> values;
  values.reserve(rows.size());
  for (const ReportRow& row : rows)
    values.push_back(value_of(row.tally, outcome_images(row.tally, outcome), unit));
  return values;
}

// A part of the population before and after its faults are looked at.
struct Described {
  StatisticsDomain shown;
  std::vector<size_t> cells;
};

Described describe(std::string layer, int bit_first, int bit_last, StorageFormat storage,
                   std::vector<size_t> cells) {
  Described one;
  one.shown.storage = storage;
  one.shown.layer = std::move(layer);
  one.shown.bit_first = bit_first;
  one.shown.bit_last = bit_last;
  one.cells = std::move(cells);
  return one;
}

class Statistics {
 public:
  Statistics(const SampleDesign& design, std::span<const ReportRow> rows, double confidence)
      : design_(design), rows_(rows), confidence_(confidence) {
    for (const DesignCell& cell : design_.cells) {
      first_bit_ = std::min(first_bit_, cell.bit);
      last_bit_ = std::max(last_bit_, cell.bit);
    }
  }

  // `margin.wanted` is given.
  void fill(ReportStatistics& result) const {
    result.network = analysed({network()}, &result.margin).front();
    result.layers = divided<size_t>([](const DesignCell& cell) { return cell.layer; },
                                    [&](size_t layer, std::vector<size_t> cells) {
                                      return described(design_.layers[layer].name, first_bit_, last_bit_,
                                                       std::move(cells));
                                    });
    result.bits = divided<int>(
        [](const DesignCell& cell) { return -cell.bit; },
        [&](int key, std::vector<size_t> cells) { return described("", -key, -key, std::move(cells)); });
    result.fields =
        divided<size_t>([&](const DesignCell& cell) { return bit_group_of(cell.bit, design_.storage); },
                        [&](size_t field, std::vector<size_t> cells) {
                          const BitGroup& group = bit_groups(design_.storage)[field];
                          return described("", group.first_bit, group.last_bit, std::move(cells));
                        });
    using Key = std::pair<size_t, int>;
    result.cells = divided<Key>([](const DesignCell& cell) { return Key(cell.layer, -cell.bit); },
                                [&](const Key& key, std::vector<size_t> cells) {
                                  return described(design_.layers[key.first].name, -key.second, -key.second,
                                                   std::move(cells));
                                });
  }

 private:
  [[nodiscard]] Described network() const {
    std::vector<size_t> all(design_.cells.size());
    std::iota(all.begin(), all.end(), size_t{0});
    return described("", first_bit_, last_bit_, std::move(all));
  }
  [[nodiscard]] Described described(std::string layer, int bit_first, int bit_last,
                                    std::vector<size_t> cells) const {
    return describe(std::move(layer), bit_first, bit_last, design_.storage, std::move(cells));
  }

  // The population cut by a key of its cells, in the order of the keys.
  template <typename Key, typename KeyOf, typename Describe>
  [[nodiscard]] std::vector<StatisticsDomain> divided(const KeyOf& key_of,
                                                      const Describe& describe_key) const {
    std::map<Key, std::vector<size_t>> cells;
    for (size_t c = 0; c < design_.cells.size(); ++c) cells[key_of(design_.cells[c])].push_back(c);
    std::vector<Described> parts;
    for (auto& [key, list] : cells) parts.push_back(describe_key(key, std::move(list)));
    return analysed(std::move(parts), nullptr);
  }

  [[nodiscard]] std::vector<StatisticsDomain> analysed(std::vector<Described> parts,
                                                       MarginStatistics* margin) const {
    std::vector<Domain> domains;
    std::vector<StatisticsDomain> result;
    for (Described& part : parts) {
      domains.push_back({.cells = std::move(part.cells)});
      result.push_back(std::move(part.shown));
    }
    walk(design_, domains);
    for (size_t o = 0; o < kOutcomes; ++o) {
      const auto outcome = static_cast<Outcome>(o);
      const std::vector<double> shares = values_of(rows_, outcome, OutcomeUnit::images);
      const std::vector<double> hits = values_of(rows_, outcome, OutcomeUnit::faults);
      for (size_t i = 0; i < domains.size(); ++i) {
        const SampleMean mean =
            domain_mean(design_, domains[i], shares, outcome, OutcomeUnit::images, confidence_);
        result[i].rates[o] = {.images = share_of(mean.estimate(), mean.interval()),
                              .faults = share_of_faults(design_, domains[i], hits, outcome, confidence_)};
        if (margin != nullptr && outcome == Outcome::critical && margin->wanted > 0)
          margin->faults_for_wanted = std::min(mean.draws_for(margin->wanted), all_of(domains[i]));
      }
    }
    for (size_t i = 0; i < domains.size(); ++i) {
      result[i].faults = domains[i].rows;
      if (design_.sizes_known) result[i].population = static_cast<int64_t>(domains[i].population);
    }
    return result;
  }

  // No sample is larger.
  [[nodiscard]] int64_t all_of(const Domain& domain) const {
    return design_.sizes_known ? static_cast<int64_t>(domain.population) : INT64_MAX;
  }

  const SampleDesign& design_;
  std::span<const ReportRow> rows_;
  double confidence_;
  int first_bit_ = 31, last_bit_ = 0;
};

std::array<int64_t, 21> distribution_of(std::span<const ReportRow> rows) {
  std::array<int64_t, 21> counts{};
  for (const ReportRow& row : rows) {
    const int64_t critical = row.tally.critical(), images = std::max<int64_t>(row.tally.images, 1);
    constexpr int64_t kBins = 20;
    ++counts[static_cast<size_t>((critical * kBins + images - 1) / images)];  // rounded up
  }
  return counts;
}

std::vector<ReportRow> worst_of(std::span<const ReportRow> rows, size_t count) {
  std::vector<size_t> order(rows.size());
  std::iota(order.begin(), order.end(), size_t{0});
  const auto key = [&](size_t i) {
    const Tally& tally = rows[i].tally;
    return std::tuple(-tally.critical(), tally.top_5_robust, tally.masked, rows[i].fault.id);
  };
  const size_t most = std::min(count, rows.size());
  std::partial_sort(order.begin(), order.begin() + static_cast<ptrdiff_t>(most), order.end(),
                    [&](size_t a, size_t b) { return key(a) < key(b); });
  std::vector<ReportRow> worst;
  for (size_t i = 0; i < most && rows[order[i]].tally.critical() > 0; ++i) worst.push_back(rows[order[i]]);
  return worst;
}

std::vector<ProvenanceItem> provenance_of(const RunMetadata& m) {
  std::string command;
  for (const std::string& word : m.command_line) command += (command.empty() ? "" : " ") + word;
  const std::string images = m.settings.limit ? fmt::format(", the first {} images", *m.settings.limit) : "";
  std::vector<ProvenanceItem> items = {
      {"model", m.model_path},
      {"model SHA-256", m.settings.model_sha256},
      {"fault list", m.fault_list_path},
      {"fault list SHA-256", m.settings.fault_list_sha256},
      {"test set", m.data_path + images},
      {"test set SHA-256", m.settings.data_sha256},
      {"report SHA-256", m.report_sha256},
      {"preprocessing", m.settings.preprocessing.value_or("")},
      {"batch size", std::to_string(m.settings.batch_size)},
      {"reference", "TensorFlow 2.14 with oneDNN: the same scores in every bit"},
      {"program", "tf_injector " + m.tool_version},
      {"command", command},
      {"started", m.started},
      {"finished", m.updated}};
  if (m.settings.storage != StorageFormat::float32)
    items.insert(items.begin() + 2, {"weights stored in", storage_name(m.settings.storage)});
  return items;
}

void check_options(const ReportStatisticsOptions& options) {
  const auto refuse = [](bool is_wrong, const std::string& text) {
    if (is_wrong) throw Error(ErrorKind::usage, text);
  };
  check_confidence(options.confidence);
  refuse(options.fit_per_mbit && !(*options.fit_per_mbit > 0 && *options.fit_per_mbit <= kMostFitPerMbit),
         fmt::format("`fit_per_mbit`: expected a number above 0, at most {:g}", kMostFitPerMbit));
  refuse(options.wanted_margin && !(*options.wanted_margin > 0 && *options.wanted_margin < 1),
         "`margin`: expected a number above 0 and below 1");
}

ReportStatistics statistics_of(const std::string& path, ReportSample& sample,
                               const ReportStatisticsOptions& options) {
  const FinishedReport& report = sample.report;
  SampleDesign& design = sample.design;
  ReportStatistics result;
  result.report = path;
  result.confidence = options.confidence;
  result.images = report.golden.images;
  result.golden = report.golden;
  result.margin.wanted = options.wanted_margin.value_or(0);
  Statistics(design, report.rows, options.confidence).fill(result);
  result.design = std::move(design.summary);
  result.remarks = std::move(design.remarks);
  result.distribution = distribution_of(report.rows);
  result.worst = worst_of(report.rows, options.worst);
  const Share& critical = result.network[Outcome::critical].images;
  result.margin.planned = result.design.error.value_or(0);
  result.margin.achieved = (critical.high - critical.low) / 2;
  if (options.fit_per_mbit) {
    if (!result.network.population) {
      throw Error(
          ErrorKind::bad_input,
          fmt::format("{}: a failure rate needs the number of bits of the network, which the metadata "
                      "beside the report do not say; give `model`",
                      path));
    }
    const double raw = *options.fit_per_mbit * static_cast<double>(*result.network.population) / 1e6;
    result.fit = Share{critical.estimate * raw, critical.low * raw, critical.high * raw};
  }
  return result;
}

void add_metadata(ReportStatistics& result, const RunMetadata& metadata) {
  result.classes = metadata.classes;
  result.model = network_name(metadata.model_path);
  result.dataset = dataset_name(metadata);
  result.provenance = provenance_of(metadata);
}

void add_details(ReportStatistics& result, const AskedReport& asked, const ReportStatisticsOptions& options) {
  if (options.details) result.details = detail_statistics_of(*options.details, asked);
}

}  // namespace

const OutcomeName& outcome_name(Outcome outcome) noexcept { return kNames[static_cast<size_t>(outcome)]; }

int64_t outcome_images(const Tally& tally, Outcome outcome) noexcept {
  switch (outcome) {
    case Outcome::critical:
      return tally.critical();
    case Outcome::non_critical:
      return tally.non_critical();
    case Outcome::masked:
      return tally.masked;
    case Outcome::top_1_correct:
      return tally.top_1_correct;
    case Outcome::top_5_correct:
      return tally.top_5_correct;
    case Outcome::top_5_robust:
      return tally.top_5_robust;
  }
  return 0;
}

std::optional<StorageFormat> storage_of_report(const std::string& path) {
  return guarded([&]() -> std::optional<StorageFormat> {
    const std::optional<RunMetadata> metadata = metadata_beside(path);
    return metadata ? std::optional(metadata->settings.storage) : std::nullopt;
  });
}

ReportStatistics report_statistics(const std::string& path, const ReportStatisticsOptions& options) {
  return guarded([&] {
    check_options(options);
    ReportSample sample = read_report_sample(path, options.storage);
    ReportStatistics result = statistics_of(path, sample, options);
    if (sample.asked.metadata) add_metadata(result, *sample.asked.metadata);
    add_details(result, sample.asked, options);
    return result;
  });
}

ReportStatistics report_statistics(const std::string& path, const Model& model, const std::string& plan,
                                   const ReportStatisticsOptions& options) {
  return guarded([&] {
    check_options(options);
    ReportSample sample = read_report_sample(path, model, plan);
    ReportStatistics result = statistics_of(path, sample, options);
    const std::optional<RunMetadata>& metadata = sample.asked.metadata;
    if (metadata) add_metadata(result, *metadata);
    result.model = network_name(model.source());
    if (!metadata) result.provenance = {{"model", model.source()}, {"model SHA-256", model.sha256()}};
    add_details(result, sample.asked, options);
    return result;
  });
}

}  // namespace tf_injector
