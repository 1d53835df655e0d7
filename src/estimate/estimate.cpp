#include "tf_injector/estimate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>
#include <utility>

#include "estimate/adaptive_sample.hpp"
#include "estimate/estimate_state.hpp"
#include "estimate/fault_strata.hpp"
#include "estimate/image_tiles.hpp"
#include "session/guarded.hpp"
#include "session/model_data.hpp"
#include "tf_injector/error.hpp"
#include "tf_injector/fault_list.hpp"
#include "tf_injector/shard.hpp"

namespace tf_injector {

using namespace detail;

namespace {

struct MetricName {
  EstimateMetric metric;
  std::string_view name;
};
constexpr MetricName kMetrics[] = {{EstimateMetric::critical, "critical"},
                                   {EstimateMetric::masked, "masked"},
                                   {EstimateMetric::non_critical, "non-critical"},
                                   {EstimateMetric::sdc5, "sdc5"},
                                   {EstimateMetric::due, "due"}};

// Faults whose mean is to be known to +-error.
struct Domain {
  size_t number = 0;  // among all of the estimate, of which a shard has some
  size_t first_kernel = 0, end_kernel = 0;
  int first_bit = 0, last_bit = 0;
};

std::vector<Domain> domains_of(const FaultPopulation& population, EstimateBy by) {
  const size_t all = population.kernels();
  const int last_bit = population.bits() - 1;
  std::vector<Domain> domains;
  switch (by) {
    case EstimateBy::network:
      domains.push_back({.first_kernel = 0, .end_kernel = all, .last_bit = last_bit});
      break;
    case EstimateBy::bit:
      for (int bit = last_bit; bit >= 0; --bit)
        domains.push_back({.first_kernel = 0, .end_kernel = all, .first_bit = bit, .last_bit = bit});
      break;
    case EstimateBy::layer:
      for (size_t k = 0; k < all; ++k)
        domains.push_back({.first_kernel = k, .end_kernel = k + 1, .last_bit = last_bit});
      break;
  }
  for (size_t d = 0; d < domains.size(); ++d) domains[d].number = d;
  return domains;
}

// Those of the shard. Neighbours differ little in their work: every N-th.
std::vector<Domain> domains_of(const std::vector<Domain>& all, const std::optional<Shard>& shard) {
  std::vector<Domain> domains = all;
  if (shard) {
    std::erase_if(domains, [&](const Domain& domain) {
      return domain.number % static_cast<size_t>(shard->of) != static_cast<size_t>(shard->index);
    });
  }
  return domains;
}

EstimateIdentity identity_of(const Session& session, const EstimateOptions& options) {
  return {{"model_sha256", session.model().sha256()},
          {"data_sha256", session.dataset().sha256},
          {"images", std::to_string(session.images())},
          {"batch_size", std::to_string(session.options().batch_size)},
          {"preprocessing", session.preprocessing()},
          {"output", session.options().output},
          {"metric", std::string(estimate_metric_name(options.metric))},
          {"error", fmt::format("{}", options.error)},
          {"confidence", fmt::format("{}", options.confidence)},
          {"by", std::string(estimate_by_name(options.by))},
          {"seed", std::to_string(options.seed)},
          {"split_by_sign", options.split_by_sign ? "yes" : "no"},
          {kStorageOfState, storage_name(session.model().storage())},
          {kShardOfState, options.shard ? shard_text(*options.shard) : ""}};
}

int64_t multiply_adds_of(const Session& session) {
  int64_t sum = 0;
  for (const StepInfo& step : session.model().steps(session.kernels())) sum += step.multiply_adds;
  return std::max<int64_t>(sum, 1);
}

// Whether the image has what is estimated.
bool is_counted(EstimateMetric metric, const Tally& tally) {
  switch (metric) {
    case EstimateMetric::critical:
      return tally.critical() > 0;
    case EstimateMetric::masked:
      return tally.masked > 0;
    case EstimateMetric::non_critical:
      return tally.non_critical() > 0;
    case EstimateMetric::sdc5:
      return tally.top_5_robust == 0;
    case EstimateMetric::due:
      break;
  }
  return false;
}

// That they can be, whoever has counted them.
void require_counts(const std::vector<int64_t>& counts, const EstimateDraws& draws) {
  if (counts.size() != draws.faults.size()) {
    throw Error(ErrorKind::bad_input,
                fmt::format("counts of an estimate: expected those of {} faults, found {}",
                            draws.faults.size(), counts.size()));
  }
  for (const int64_t count : counts) {
    if (count < 0 || count > draws.images_per_fault) {
      throw Error(ErrorKind::bad_input,
                  fmt::format("counts of an estimate: expected 0 to {} images, found {}",
                              draws.images_per_fault, count));
    }
  }
}

// Evaluates draws and remembers what it found.
class DrawEvaluator {
 public:
  DrawEvaluator(Session& session, const FaultPopulation& population, const EstimateOptions& options,
                const ImageTiles& tiles, EstimateState& state, const EstimateCallbacks& callbacks)
      : session_(session),
        population_(population),
        metric_(options.metric),
        tiles_(tiles),
        state_(state),
        callbacks_(callbacks),
        begin_(std::chrono::steady_clock::now()),
        max_seconds_(options.max_seconds) {
    // A part is what is evaluated between two looks at the clock and two lines of the state.
    constexpr int64_t kPartMultiplyAdds = 400'000'000'000, kPartElsewhere = 64;
    const int64_t parts = callbacks.count ? kPartElsewhere : 1;  // of others, who are many
    draws_per_part_ = static_cast<size_t>(std::clamp<int64_t>(
        parts * kPartMultiplyAdds / multiply_adds_of(session) / tiles.images_each(), 8, 100'000));
  }

  // The share of its images for each draw of a round, whose first is number `first` of the domain; none: it
  // was stopped.
  [[nodiscard]] std::optional<std::vector<double>> evaluate(size_t domain, int64_t first,
                                                            std::span<const Draw> draws,
                                                            const std::vector<FaultStratum>& strata) {
    std::vector<size_t> missing;
    for (size_t i = 0; i < draws.size(); ++i)
      if (!state_.count(domain, first + static_cast<int64_t>(i))) missing.push_back(i);
    std::stable_sort(missing.begin(), missing.end(),
                     [&](size_t a, size_t b) { return tile_of(draws[a]) < tile_of(draws[b]); });
    for (size_t at = 0; at < missing.size(); at += draws_per_part_) {
      if (should_stop()) return std::nullopt;
      const auto part = std::span(missing).subspan(at, std::min(draws_per_part_, missing.size() - at));
      if (!evaluate_part(domain, first, draws, strata, part)) return std::nullopt;
    }
    std::vector<double> shares;
    for (size_t i = 0; i < draws.size(); ++i) {
      const auto count = static_cast<double>(*state_.count(domain, first + static_cast<int64_t>(i)));
      shares.push_back(count / static_cast<double>(tiles_.images_each()));
    }
    return shares;
  }

  [[nodiscard]] double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count();
  }
  [[nodiscard]] EstimateStop stopped() const noexcept { return stopped_; }

 private:
  [[nodiscard]] int64_t tile_of(const Draw& draw) const { return draw.unit % tiles_.count(); }

  [[nodiscard]] bool should_stop() {
    if (callbacks_.stop != nullptr && *callbacks_.stop) {
      stopped_ = EstimateStop::interrupted;
      return true;
    }
    if (max_seconds_ && seconds() >= *max_seconds_) {
      stopped_ = EstimateStop::time;
      return true;
    }
    return false;
  }

  bool evaluate_part(size_t domain, int64_t first, std::span<const Draw> draws,
                     const std::vector<FaultStratum>& strata, std::span<const size_t> part) {
    EstimateDraws wanted{.metric = metric_, .images_per_fault = tiles_.images_each()};
    for (const size_t i : part) {
      const Draw& draw = draws[i];
      for (int64_t image = 0; image < tiles_.images_each(); ++image)
        wanted.images.push_back(tiles_.image(tile_of(draw), image));
      wanted.faults.push_back(population_.fault(strata[draw.stratum], draw.unit / tiles_.count(),
                                                static_cast<int64_t>(wanted.faults.size())));
    }
    std::vector<std::pair<int64_t, int64_t>> counts;
    try {
      const std::vector<int64_t> found =
          callbacks_.count ? callbacks_.count(wanted) : count_draws(session_, wanted, callbacks_.stop);
      require_counts(found, wanted);
      for (size_t k = 0; k < part.size(); ++k)
        counts.emplace_back(first + static_cast<int64_t>(part[k]), found[k]);
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::interrupted) throw;
      stopped_ = EstimateStop::interrupted;
      return false;
    }
    state_.add(domain, counts);
    return true;
  }

  Session& session_;
  const FaultPopulation& population_;
  EstimateMetric metric_;
  const ImageTiles& tiles_;
  EstimateState& state_;
  const EstimateCallbacks& callbacks_;
  std::chrono::steady_clock::time_point begin_;
  std::optional<double> max_seconds_;
  size_t draws_per_part_ = 1;
  EstimateStop stopped_ = EstimateStop::error;
};

// One domain's sample, and an interval for each of its strata from the same draws.
class DomainSample {
 public:
  DomainSample(std::vector<FaultStratum> strata, int64_t tiles, const StratifiedMeanOptions& options,
               uint64_t seed)
      : strata_(std::move(strata)), sample_(populations(strata_, tiles), options, seed) {
    for (const Stratum& stratum : populations(strata_, tiles)) {
      Stratum alone = stratum;
      alone.pool = 0;
      own_.emplace_back(std::span(&alone, 1), StratifiedMeanOptions{.confidence = options.confidence});
    }
  }

  [[nodiscard]] const std::vector<FaultStratum>& strata() const noexcept { return strata_; }
  [[nodiscard]] AdaptiveSample& sample() noexcept { return sample_; }
  [[nodiscard]] const AdaptiveSample& sample() const noexcept { return sample_; }
  [[nodiscard]] const StratifiedMean& own(size_t stratum) const { return own_[stratum]; }
  [[nodiscard]] Interval own_interval(size_t stratum) { return own_[stratum].look(); }

  void take(std::span<const Draw> draws, std::span<const double> values) {
    for (StratifiedMean& mean : own_) mean.begin_round();
    for (size_t i = 0; i < draws.size(); ++i) own_[draws[i].stratum].add(0, values[i]);
    sample_.take(values);
  }

 private:
  static std::vector<Stratum> populations(const std::vector<FaultStratum>& strata, int64_t tiles) {
    std::vector<Stratum> all;
    for (const FaultStratum& stratum : strata) {
      all.push_back({.population = static_cast<double>(stratum.faults * tiles),
                     .mean = stratum.mean,
                     .variance = stratum.variance,
                     .pool = all.size()});
    }
    return all;
  }

  std::vector<FaultStratum> strata_;
  AdaptiveSample sample_;
  std::vector<StratifiedMean> own_;
};

const char* part_name(FaultStratum::Part part) {
  switch (part) {
    case FaultStratum::Part::all:
      return "";
    case FaultStratum::Part::negative:
      return "weight x gamma below 0";
    case FaultStratum::Part::positive:
      return "weight x gamma above 0";
  }
  return "";
}

class Estimator {
 public:
  Estimator(Session& session, const EstimateOptions& options, const EstimateCallbacks& callbacks)
      : session_(session),
        options_(options),
        callbacks_(callbacks),
        population_(session.model().data()->graph, session.model().source()),
        all_domains_(domains_of(population_, options.by)),
        domains_(domains_of(all_domains_, options.shard)),
        tiles_(session.images(), options.seed),
        state_(options.state_path.empty()
                   ? EstimateState()
                   : EstimateState(options.state_path, identity_of(session, options), tiles_.images_each())),
        evaluator_(session, population_, options, tiles_, state_, callbacks) {
    const StratifiedMeanOptions mean{
        .confidence = 1 - (1 - options.confidence) / static_cast<double>(all_domains_.size()),
        .error = options.error};
    for (const Domain& domain : domains_) {
      constexpr int kSeedBits = 40;
      samples_.emplace_back(population_.strata(domain.first_kernel, domain.end_kernel, domain.first_bit,
                                               domain.last_bit, options),
                            tiles_.count(), mean, options.seed ^ (uint64_t{domain.number + 1} << kSeedBits));
    }
  }

  Estimate run() {
    if (callbacks_.message) {
      callbacks_.message(fmt::format("{} faults in {} strata; each on {} of {} images", population(),
                                     strata_count(), tiles_.images_each(), session_.images()));
      if (state_.draws() > 0)
        callbacks_.message(
            fmt::format("{}: {} faults are there already", options_.state_path, state_.draws()));
    }
    EstimateStop stopped = EstimateStop::error;
    for (size_t d = 0; d < domains_.size() && stopped == EstimateStop::error; ++d) {
      if (!run_domain(d)) stopped = evaluator_.stopped();
    }
    if (stopped == EstimateStop::error) state_.finish();
    Estimate result = summary();
    result.stopped = stopped;
    const bool all_seen = std::all_of(samples_.begin(), samples_.end(), [](const DomainSample& sample) {
      return sample.sample().is_exhausted();
    });
    if (stopped == EstimateStop::error && all_seen) result.stopped = EstimateStop::exhausted;
    add_strata(result);
    return result;
  }

 private:
  [[nodiscard]] size_t strata_count() const {
    size_t count = 0;
    for (const DomainSample& sample : samples_) count += sample.strata().size();
    return count;
  }
  [[nodiscard]] int64_t population() const {
    int64_t sum = 0;
    for (size_t d = 0; d < domains_.size(); ++d) sum += domain_faults(d);
    return sum;
  }

  // False: it was stopped.
  bool run_domain(size_t d) {
    DomainSample& domain = samples_[d];
    AdaptiveSample& sample = domain.sample();
    int64_t first = 0;  // number of the round's first draw
    while (!sample.is_narrow_enough() && !sample.is_exhausted()) {
      const std::span<const Draw> draws = sample.next_round();
      const auto values = evaluator_.evaluate(domains_[d].number, first, draws, domain.strata());
      if (!values) return false;
      first += static_cast<int64_t>(draws.size());
      domain.take(draws, *values);
      report_progress(d);
    }
    return true;
  }

  void report_progress(size_t d) {
    if (!callbacks_.progress) return;
    const Estimate now = summary();
    const AdaptiveSample& sample = samples_[d].sample();
    const double part = sample.is_narrow_enough() || sample.is_exhausted()
                            ? 1.0
                            : std::min(static_cast<double>(sample.draws()) / sample.needed_draws(), 1.0);
    callbacks_.progress({.faults = now.faults,
                         .inferences = now.inferences,
                         .estimate = now.estimate,
                         .low = now.low,
                         .high = now.high,
                         .share = (static_cast<double>(d) + part) / static_cast<double>(domains_.size()),
                         .seconds = evaluator_.seconds()});
  }

  [[nodiscard]] int64_t domain_faults(size_t d) const {
    const Domain& domain = domains_[d];
    return population_.faults(domain.first_kernel, domain.end_kernel, domain.last_bit - domain.first_bit + 1);
  }
  [[nodiscard]] static int64_t drawn(const DomainSample& domain) {
    int64_t sum = 0;
    for (size_t h = 0; h < domain.strata().size(); ++h) sum += domain.sample().draws(h);
    return sum;
  }

  // All domains together: the intervals hold at once, so their weighted sum does.
  [[nodiscard]] Estimate summary() const {
    Estimate result{.options = options_, .estimate = 0, .low = 0, .high = 0};
    result.population = population();
    result.images = session_.images();
    result.images_per_fault = tiles_.images_each();
    for (size_t d = 0; d < domains_.size(); ++d) {
      const double weight = static_cast<double>(domain_faults(d)) / static_cast<double>(result.population);
      const AdaptiveSample& sample = samples_[d].sample();
      result.estimate += weight * sample.estimate();
      result.low += weight * sample.interval().low;
      result.high += weight * sample.interval().high;
      result.faults += drawn(samples_[d]);
    }
    for (double* share : {&result.low, &result.estimate, &result.high}) *share = std::min(*share, 1.0);
    result.inferences = result.faults * result.images_per_fault;
    result.seconds = evaluator_.seconds();
    result.storage = session_.model().storage();
    result.model_sha256 = session_.model().sha256();
    result.data_sha256 = session_.dataset().sha256;
    return result;
  }

  void add_strata(Estimate& result) {
    for (size_t d = 0; d < domains_.size(); ++d) {
      DomainSample& domain = samples_[d];
      if (options_.by != EstimateBy::network) {
        const auto [low, high] = domain.sample().interval();
        result.strata.push_back(
            {.layer = options_.by == EstimateBy::layer ? population_.layer(domains_[d].first_kernel) : "",
             .bit_first = domains_[d].first_bit,
             .bit_last = domains_[d].last_bit,
             .population = domain_faults(d),
             .faults = drawn(domain),
             .estimate = domain.sample().estimate(),
             .low = low,
             .high = high});
        continue;
      }
      for (size_t h = 0; h < domain.strata().size(); ++h) {
        const FaultStratum& stratum = domain.strata()[h];
        const bool is_one_layer = stratum.end_kernel - stratum.first_kernel == 1;
        const auto [low, high] = domain.own_interval(h);
        result.strata.push_back({.layer = is_one_layer ? population_.layer(stratum.first_kernel) : "",
                                 .bit_first = stratum.bit,
                                 .bit_last = stratum.bit,
                                 .part = part_name(stratum.part),
                                 .population = stratum.faults,
                                 .faults = domain.sample().draws(h),
                                 .estimate = domain.own(h).estimate(),
                                 .low = low,
                                 .high = high});
      }
    }
  }

  Session& session_;
  const EstimateOptions& options_;
  const EstimateCallbacks& callbacks_;
  const FaultPopulation population_;
  const std::vector<Domain> all_domains_, domains_;
  const ImageTiles tiles_;
  EstimateState state_;
  DrawEvaluator evaluator_;
  std::vector<DomainSample> samples_;
};

}  // namespace

std::string_view estimate_metric_name(EstimateMetric metric) noexcept {
  for (const MetricName& row : kMetrics)
    if (row.metric == metric) return row.name;
  return "";
}

std::string_view estimate_by_name(EstimateBy by) noexcept {
  switch (by) {
    case EstimateBy::network:
      return "network";
    case EstimateBy::bit:
      return "bit";
    case EstimateBy::layer:
      return "layer";
  }
  return "";
}

std::string_view estimate_stop_name(EstimateStop stop) noexcept {
  switch (stop) {
    case EstimateStop::error:
      return "error";
    case EstimateStop::time:
      return "time";
    case EstimateStop::exhausted:
      return "exhausted";
    case EstimateStop::interrupted:
      return "interrupted";
  }
  return "";
}

void check_options(const EstimateOptions& options) {
  constexpr double kLeastError = 1e-6;
  if (!(options.error >= kLeastError && options.error < 0.5))
    throw Error(ErrorKind::usage, fmt::format("`error`: expected a number from {} and below 0.5, found {}",
                                              kLeastError, options.error));
  if (!(options.confidence > 0.5 && options.confidence < 1))
    throw Error(
        ErrorKind::usage,
        fmt::format("`confidence`: expected a number above 0.5 and below 1, found {}", options.confidence));
  if (options.max_seconds && !(*options.max_seconds > 0))
    throw Error(ErrorKind::usage,
                fmt::format("`max_seconds`: expected a number above 0, found {}", *options.max_seconds));
  if (!options.shard) return;
  const Shard& shard = *options.shard;
  if (shard.of < 1 || shard.of > kMostShards || shard.index < 0 || shard.index >= shard.of)
    throw Error(ErrorKind::usage,
                fmt::format("`shard`: expected I/N with I from 0 and below N, found {}", shard_text(shard)));
  if (options.by == EstimateBy::network)
    throw Error(ErrorKind::usage,
                "`shard`: the sample of a whole network is drawn by what was found before and has no parts; "
                "estimate `by` layer or bit");
  if (options.state_path.empty())
    throw Error(ErrorKind::usage, "`shard` needs a `state`, which is what is merged");
}

std::vector<int64_t> count_draws(Session& session, const EstimateDraws& draws,
                                 const std::atomic<bool>* stop) {
  const auto each = static_cast<size_t>(std::max<int64_t>(draws.images_per_fault, 0));
  if (draws.images.size() != draws.faults.size() * each)
    throw Error(ErrorKind::usage, fmt::format("`images`: expected {} for each of {} faults, found {}", each,
                                              draws.faults.size(), draws.images.size()));
  std::vector<Pair> pairs;
  for (size_t i = 0; i < draws.images.size(); ++i)
    pairs.push_back({.fault = i / each, .image = draws.images[i]});
  const FaultList faults = FaultList::from_faults(draws.faults, session.model(), "draws");
  std::vector<int64_t> counts(draws.faults.size());
  if (draws.metric == EstimateMetric::due) {
    const std::vector<float> scores = session.scores(faults, pairs, stop);
    const auto width = static_cast<size_t>(session.scores_per_image());
    for (size_t i = 0; i < pairs.size(); ++i) {
      const auto row = std::span(scores).subspan(i * width, width);
      const bool is_due =
          std::any_of(row.begin(), row.end(), [](float score) { return !std::isfinite(score); });
      counts[pairs[i].fault] += is_due ? 1 : 0;
    }
    return counts;
  }
  const std::vector<Tally> tallies = session.tallies(faults, pairs, stop);
  for (size_t i = 0; i < pairs.size(); ++i)
    counts[pairs[i].fault] += is_counted(draws.metric, tallies[i]) ? 1 : 0;
  return counts;
}

Estimate estimate(Session& session, const EstimateOptions& options, const EstimateCallbacks& callbacks) {
  check_options(options);
  return guarded([&] { return Estimator(session, options, callbacks).run(); });
}

}  // namespace tf_injector
