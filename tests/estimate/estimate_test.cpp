// Estimates of a network that is small enough to evaluate every fault on every image.
#include "tf_injector/estimate.hpp"

#include <gmock/gmock.h>

#include <cmath>

#include "campaign/campaign_fixture.hpp"
#include "core/json.hpp"
#include "estimate/image_tiles.hpp"
#include "support/small_network.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail::test {
namespace {

using testing::HasSubstr;

constexpr EstimateMetric kMetrics[] = {EstimateMetric::critical, EstimateMetric::masked,
                                       EstimateMetric::non_critical, EstimateMetric::sdc5,
                                       EstimateMetric::due};

// Every outcome of a small network on 47 images: no size divides them, so groups of images overlap.
class Outcomes {
 public:
  static const Outcomes& get() {
    static const Outcomes outcomes;
    return outcomes;
  }
  static SmallNetworkOptions network() {
    return {.network = {.side = 4, .channels = 2, .classes = 7, .blocks = 1}, .images = 47};
  }
  static Session session(SessionOptions options = {}) {
    options.batch_size = 8;
    return {small_network(network()), small_dataset(network()), std::move(options)};
  }
  // The mean over the faults whose layer and bit these are.
  [[nodiscard]] double mean(EstimateMetric metric, const std::string& layer = "", int bit = -1) const {
    double sum = 0, count = 0;
    for (size_t i = 0; i < faults_.size(); ++i) {
      if (!layer.empty() && faults_[i].parts.front().layer != layer) continue;
      if (bit >= 0 && flipped_bit(faults_[i]) != bit) continue;
      sum += shares_[i][static_cast<size_t>(metric)];
      ++count;
    }
    return sum / count;
  }
  [[nodiscard]] int64_t faults() const { return static_cast<int64_t>(faults_.size()); }

 private:
  Outcomes() {
    Session session = Outcomes::session();
    faults_ = all_faults(session.model());
    const auto images = static_cast<double>(session.images());
    for (const std::vector<Tally>& of_fault : all_tallies(session, faults_)) {
      Tally sum;
      for (const Tally& tally : of_fault) sum += tally;
      shares_.push_back({static_cast<double>(sum.images - sum.top_1_robust) / images,
                         static_cast<double>(sum.masked) / images,
                         static_cast<double>(sum.top_1_robust - sum.masked) / images,
                         static_cast<double>(sum.images - sum.top_5_robust) / images, 0});
    }
    add_due(session);
  }
  void add_due(Session& session) {
    std::vector<Pair> pairs;
    for (size_t i = 0; i < faults_.size(); ++i)
      for (int64_t image = 0; image < session.images(); ++image) pairs.push_back({i, image});
    const auto width = static_cast<size_t>(session.scores_per_image());
    const std::vector<float> scores =
        session.scores(FaultList::from_faults(faults_, session.model(), "all"), pairs);
    for (size_t i = 0; i < pairs.size(); ++i) {
      bool is_finite = true;
      for (size_t k = 0; k < width; ++k) is_finite = is_finite && std::isfinite(scores[i * width + k]);
      shares_[pairs[i].fault][4] += is_finite ? 0 : 1 / static_cast<double>(session.images());
    }
  }

  std::vector<Fault> faults_;
  std::vector<std::array<double, 5>> shares_;
};

Estimate run(const EstimateOptions& options, SessionOptions session_options = {},
             const EstimateCallbacks& callbacks = {}) {
  Session session = Outcomes::session(std::move(session_options));
  return estimate(session, options, callbacks);
}

// Everything but the time.
std::string facts_of(Estimate result) {
  result.seconds = 0;
  return estimate_json(result);
}

TEST(Estimate, HoldsTheTruthForEveryMetric) {
  for (const EstimateMetric metric : kMetrics) {
    SCOPED_TRACE(estimate_metric_name(metric));
    const Estimate result = run({.metric = metric, .error = 0.05, .confidence = 0.99});
    const double truth = Outcomes::get().mean(metric);
    EXPECT_LE(result.low, truth);
    EXPECT_GE(result.high, truth);
    EXPECT_LE(result.high - result.low, 0.1);
    EXPECT_GE(result.estimate, result.low);
    EXPECT_LE(result.estimate, result.high);
    EXPECT_EQ(result.stopped, EstimateStop::error);
    EXPECT_EQ(result.population, Outcomes::get().faults());
    EXPECT_EQ(result.inferences, result.faults * result.images_per_fault);
    EXPECT_LT(result.faults, 5000);
    int64_t population = 0, faults = 0;
    for (const EstimateStratum& stratum : result.strata) {
      population += stratum.population;
      faults += stratum.faults;
      EXPECT_LE(stratum.low, stratum.high);
      EXPECT_GE(stratum.estimate, stratum.low);
      EXPECT_LE(stratum.estimate, stratum.high);
    }
    EXPECT_EQ(population, result.population);
    EXPECT_EQ(faults, result.faults);
  }
}

TEST(Estimate, ExhaustedItIsTheTruth) {
  SmallNetworkOptions tiny = Outcomes::network();
  tiny.images = 12;  // a single group
  tiny.network = {.side = 3, .channels = 1, .classes = 6, .blocks = 1};
  Session session(small_network(tiny), small_dataset(tiny), {.batch_size = 8});
  const std::vector<Fault> faults = all_faults(session.model());
  int64_t critical = 0, images = 0;
  for (const auto& of_fault : all_tallies(session, faults)) {
    for (const Tally& tally : of_fault) {
      critical += tally.images - tally.top_1_robust;
      images += tally.images;
    }
  }
  const double truth = static_cast<double>(critical) / static_cast<double>(images);
  for (const EstimateBy by : {EstimateBy::network, EstimateBy::bit, EstimateBy::layer}) {
    SCOPED_TRACE(estimate_by_name(by));
    const Estimate result = estimate(session, {.error = 1e-6, .by = by});
    EXPECT_EQ(result.stopped, EstimateStop::exhausted);
    EXPECT_EQ(result.faults, static_cast<int64_t>(faults.size()));
    EXPECT_NEAR(result.low, truth, 1e-12);
    EXPECT_NEAR(result.high, truth, 1e-12);
    EXPECT_NEAR(result.estimate, truth, 1e-12);
    for (const EstimateStratum& stratum : result.strata) EXPECT_NEAR(stratum.high, stratum.low, 1e-12);
  }
}

TEST(Estimate, ByBitAndByLayerHoldTheirTruths) {
  const Outcomes& outcomes = Outcomes::get();
  const Estimate bits = run({.error = 0.05, .confidence = 0.9, .by = EstimateBy::bit});
  ASSERT_EQ(bits.strata.size(), 32U);
  for (const EstimateStratum& stratum : bits.strata) {
    SCOPED_TRACE(stratum.bit_first);
    EXPECT_EQ(stratum.bit_first, stratum.bit_last);
    const double truth = outcomes.mean(EstimateMetric::critical, "", stratum.bit_first);
    EXPECT_LE(stratum.low, truth + 1e-12);
    EXPECT_GE(stratum.high, truth - 1e-12);
    EXPECT_LE(stratum.high - stratum.low, 0.1);
    EXPECT_EQ(stratum.population, outcomes.faults() / 32);
  }
  const Estimate layers = run({.error = 0.05, .confidence = 0.9, .by = EstimateBy::layer});
  ASSERT_EQ(layers.strata.size(), 4U);
  for (const EstimateStratum& stratum : layers.strata) {
    SCOPED_TRACE(stratum.layer);
    const double truth = outcomes.mean(EstimateMetric::critical, stratum.layer);
    EXPECT_LE(stratum.low, truth + 1e-12);
    EXPECT_GE(stratum.high, truth - 1e-12);
    EXPECT_LE(stratum.high - stratum.low, 0.1);
  }
  for (const Estimate* all : {&bits, &layers}) {  // their weighted sum
    EXPECT_LE(all->low, outcomes.mean(EstimateMetric::critical));
    EXPECT_GE(all->high, outcomes.mean(EstimateMetric::critical));
  }
}

TEST(Estimate, DoesNotDependOnThreadsAndKernels) {
  const EstimateOptions options{.error = 0.03};
  const std::string expected = facts_of(run(options, {.threads = 1}));
  EXPECT_EQ(facts_of(run(options, {.threads = 2})), expected);
  EXPECT_EQ(facts_of(run(options, {.threads = 3, .tile = 5})), expected);
  for (const KernelSet set : available_kernel_sets())
    EXPECT_EQ(facts_of(run(options, {.kernels = set})), expected) << kernel_set_name(set);
}

TEST(Estimate, AnotherSeedIsAnotherSample) {
  EXPECT_NE(facts_of(run({.error = 0.05, .seed = 1})), facts_of(run({.error = 0.05, .seed = 2})));
}

class EstimateFileTest : public FolderTest {};

// Stopped after one round, after some, and after nearly all; each time gone on with.
TEST_F(EstimateFileTest, StoppedAndGoneOnWithItIsTheSame) {
  for (const EstimateBy by : {EstimateBy::network, EstimateBy::layer}) {
    SCOPED_TRACE(estimate_by_name(by));
    EstimateOptions options{.error = by == EstimateBy::network ? 0.003 : 0.03, .by = by};
    int rounds = 0;
    EstimateCallbacks count;
    count.progress = [&](const EstimateProgress&) { ++rounds; };
    const std::string expected = facts_of(run(options, {}, count));
    ASSERT_GT(rounds, 6);
    options.state_path = path(std::string(estimate_by_name(by)) + ".state");
    for (const int stop_after : {1, 2, rounds / 2, rounds - 1}) {
      std::atomic<bool> stop = false;
      int seen = 0;
      EstimateCallbacks callbacks;
      callbacks.stop = &stop;
      callbacks.progress = [&](const EstimateProgress& progress) {
        EXPECT_GE(progress.share, 0);
        EXPECT_LE(progress.share, 1);
        if (++seen == stop_after) stop = true;
      };
      const Estimate part = run(options, {.threads = 2}, callbacks);
      EXPECT_EQ(part.stopped, EstimateStop::interrupted);
      EXPECT_LE(part.low, part.high);
    }
    EXPECT_EQ(facts_of(run(options)), expected);
    EXPECT_EQ(facts_of(run(options)), expected);  // nothing is left to evaluate
  }
}

TEST_F(EstimateFileTest, AStateOfAnotherEstimateIsRefused) {
  EstimateOptions options{.error = 0.1, .state_path = path("a.state")};
  run(options);
  const auto expect_refused = [&](const EstimateOptions& other, const std::string& what) {
    try {
      run(other);
      ADD_FAILURE() << what;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::resume);
      EXPECT_THAT(error.what(), HasSubstr("another estimate: " + what));
    }
  };
  for (const auto& [name, change] : std::initializer_list<std::pair<const char*, void (*)(EstimateOptions&)>>{
           {"seed", [](EstimateOptions& o) { o.seed = 9; }},
           {"metric", [](EstimateOptions& o) { o.metric = EstimateMetric::due; }},
           {"error", [](EstimateOptions& o) { o.error = 0.09; }},
           {"confidence", [](EstimateOptions& o) { o.confidence = 0.9; }},
           {"by", [](EstimateOptions& o) { o.by = EstimateBy::bit; }},
           {"split_by_sign", [](EstimateOptions& o) { o.split_by_sign = false; }}}) {
    EstimateOptions other = options;
    change(other);
    expect_refused(other, name);
  }
}

TEST(Estimate, EndsWhenTheTimeIsUp) {
  const Estimate result = run({.error = 1e-6, .max_seconds = 1e-9});
  EXPECT_EQ(result.stopped, EstimateStop::time);
  EXPECT_EQ(result.low, 0);
  EXPECT_EQ(result.high, 1);
  EXPECT_EQ(result.faults, 0);
}

TEST(Estimate, OptionsOutOfRangeAreNamed) {
  const auto expect_refused = [](const EstimateOptions& options, const std::string& what) {
    try {
      check_options(options);
      ADD_FAILURE() << what;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::usage);
      EXPECT_THAT(error.what(), HasSubstr(what));
    }
    EXPECT_THROW(run(options), Error);
  };
  for (const double error : {0.0, -1.0, 0.5, 1e-7, std::nan("")}) expect_refused({.error = error}, "`error`");
  for (const double confidence : {0.5, 1.0, 0.0, std::nan("")})
    expect_refused({.confidence = confidence}, "`confidence`");
  for (const double seconds : {0.0, -1.0, std::nan("")})
    expect_refused({.max_seconds = seconds}, "`max_seconds`");
}

TEST(Estimate, JsonHasWhatItFound) {
  const Estimate result = run({.metric = EstimateMetric::masked, .error = 0.1, .seed = 4});
  const Json json = Json::parse(estimate_json(result));
  EXPECT_EQ(*json.find("schema"), Json(1));
  EXPECT_EQ(json.find("metric")->text(), "masked");
  EXPECT_EQ(json.find("stopped")->text(), "error");
  EXPECT_EQ(json.find("by")->text(), "network");
  EXPECT_EQ(*json.find("faults"), Json(result.faults));
  EXPECT_EQ(*json.find("seed"), Json(uint64_t{4}));
  EXPECT_EQ(json.find("model_sha256")->text(), std::string(64, 'a'));
}

TEST(Estimate, NamesAreThoseOfTheProgram) {
  EXPECT_EQ(estimate_metric_name(EstimateMetric::non_critical), "non-critical");
  EXPECT_EQ(estimate_metric_name(EstimateMetric::sdc5), "sdc5");
  EXPECT_EQ(estimate_by_name(EstimateBy::layer), "layer");
  EXPECT_EQ(estimate_stop_name(EstimateStop::exhausted), "exhausted");
}

}  // namespace
}  // namespace tf_injector::detail::test
