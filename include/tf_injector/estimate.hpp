// How critical a network is under random bit flips of its weights: estimated from a sample that is drawn
// while it is evaluated, and ends as soon as the interval is narrow enough.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tf_injector/fault.hpp"
#include "tf_injector/session.hpp"
#include "tf_injector/shard.hpp"
#include "tf_injector/storage.hpp"

namespace tf_injector {

// A share of images; estimated is its mean over all single-bit flips of the network's kernels.
enum class EstimateMetric {
  critical,      // the decision is another one (SDC-1)
  masked,        // all scores are the golden ones
  non_critical,  // another score, the same decision
  sdc5,          // the golden decision is not among the first five classes
  due,           // a score is NaN or Inf: a fault that can be noticed
};
// "critical", "masked", "non-critical", "sdc5", "due".
[[nodiscard]] std::string_view estimate_metric_name(EstimateMetric metric) noexcept;

// Of what the mean is to be known to +-error.
enum class EstimateBy { network, bit, layer };
[[nodiscard]] std::string_view estimate_by_name(EstimateBy by) noexcept;

struct EstimateOptions {
  EstimateMetric metric = EstimateMetric::critical;
  double error = 0.002;      // half width of the interval that is wanted
  double confidence = 0.99;  // by bit or layer: that all intervals hold at once
  EstimateBy by = EstimateBy::network;
  uint64_t seed = 1;
  std::optional<double> max_seconds = {};  // then it ends with what there is
  // Flips of the highest exponent bit (30 of float32) are sampled apart by the sign of weight x gamma of the
  // BatchNormalization behind it.
  bool split_by_sign = true;
  // What is needed to go on, in a file that is replaced as the estimate grows; "": none.
  std::string state_path = {};
  // By bit or layer, and with a state: only the bits or layers of this shard, every N-th. Once the states of
  // all shards are merged, the whole estimate answers from them.
  std::optional<Shard> shard = {};
};
// Throws Error(usage): an option out of range. `estimate` asks this itself.
void check_options(const EstimateOptions& options);

enum class EstimateStop {
  error,        // the interval is as narrow as wanted
  time,         // max_seconds have passed
  exhausted,    // every fault was evaluated on every image: the interval is a point
  interrupted,  // *stop became true
};
[[nodiscard]] std::string_view estimate_stop_name(EstimateStop stop) noexcept;

struct EstimateStratum {
  std::string layer = {};  // "": all
  int bit_first = 0, bit_last = 31;
  std::string part = {};   // of the weights; "": all
  int64_t population = 0;  // faults
  int64_t faults = 0;      // that were drawn
  double estimate = 0, low = 0, high = 1;
};

// Of a shard: of its bits or layers alone.
struct Estimate {
  EstimateOptions options = {};
  double estimate = 0, low = 0, high = 1;
  EstimateStop stopped = EstimateStop::error;
  int64_t faults = 0;  // that were drawn, each with images of its own
  int64_t images_per_fault = 0;
  int64_t inferences = 0;  // faults x images_per_fault
  int64_t population = 0;  // faults that there are
  int64_t images = 0;      // of the test set
  double seconds = 0;      // of this run
  // What was sampled apart: by network with an interval for each at the same confidence; by bit or layer the
  // bits or layers, whose intervals hold all at once.
  std::vector<EstimateStratum> strata = {};
  StorageFormat storage = StorageFormat::float32;  // of the weights
  std::string model_sha256 = {}, data_sha256 = {};
};

struct EstimateProgress {
  int64_t faults = 0, inferences = 0;
  double estimate = 0, low = 0, high = 1;
  double share = 0;  // of the work, about, 0 to 1
  double seconds = 0;
};

// What an estimate wants to know of some faults: on how many of its images each has what is estimated.
struct EstimateDraws {
  EstimateMetric metric = EstimateMetric::critical;
  std::vector<Fault> faults = {};  // with ids from 0
  int64_t images_per_fault = 0;
  std::vector<int64_t> images = {};  // (faults, images_per_fault)
};
// Counts them: (faults). Throws what Session::tallies throws.
[[nodiscard]] std::vector<int64_t> count_draws(Session& session, const EstimateDraws& draws,
                                               const std::atomic<bool>* stop = nullptr);

struct EstimateCallbacks {
  std::function<void(const std::string&)> message = {};        // what was chosen: one line each
  std::function<void(const EstimateProgress&)> progress = {};  // on the calling thread
  const std::atomic<bool>* stop = nullptr;                     // ends it soon, with what there is
  // Counts in place of count_draws, for whoever does it elsewhere: on other machines. Given more at once. May
  // throw Error(interrupted) where `stop` became true.
  std::function<std::vector<int64_t>(const EstimateDraws&)> count = {};
};

// The same for a seed, whatever threads, tile and kernels, and after an interruption that a state outlived.
// Throws Error(usage); Error(resume): the state is of another estimate, and what differs; Error(bad_input):
// it is none; OutputError; Error(busy): another run owns the state; what a Session throws.
[[nodiscard]] Estimate estimate(Session& session, const EstimateOptions& options = {},
                                const EstimateCallbacks& callbacks = {});

// Whether the file begins as the state of an estimate does; false where it cannot be read.
[[nodiscard]] bool is_estimate_state(const std::string& path);
// Joins the states of all shards of an estimate, in any order, to the state of the whole. Throws
// Error(resume), naming the shard: one is missing, given twice, of another estimate, unfinished, or there is
// something at `path` and `overwrite` is false; Error(bad_input): a file was changed, or is no state;
// Error(usage): no shards, or `path` is one of them; OutputError. Nothing is written then.
void merge_estimate_states(const std::vector<std::string>& shards, const std::string& path,
                           bool overwrite = false);

// "1.31 % [1.12, 1.52]": shares from 0 to 1 in percent, with as many decimals as share_decimals says.
[[nodiscard]] std::string interval_text(double estimate, double low, double high);
// Decimals of a percentage whose interval has this width, as a share of 1.
[[nodiscard]] int share_decimals(double width);
// The answer alone: "A random bit flip in a kernel changes the decision on 1.31 % [1.12, 1.52] of the images,
// at 99 % confidence."
[[nodiscard]] std::string estimate_sentence(const Estimate& estimate);
// As docs/interface.md describes it.
[[nodiscard]] std::string estimate_json(const Estimate& estimate);

}  // namespace tf_injector
