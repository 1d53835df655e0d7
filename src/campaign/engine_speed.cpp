#include "tf_injector/engine_speed.hpp"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <memory>
#include <new>
#include <set>
#include <utility>

#include "campaign/block_run.hpp"
#include "campaign/block_size.hpp"
#include "campaign/engine_speed_run.hpp"
#include "campaign/golden_run.hpp"
#include "campaign/setup.hpp"
#include "campaign/stop.hpp"
#include "core/wall_clock.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector {
namespace {

constexpr size_t kMostPlainFaults = 1000;

// Up to kMostPlainFaults different faults of a list, in an order in which every beginning is spread over it.
std::vector<size_t> spread_over(size_t faults) {
  constexpr double kGoldenRatio = 0.6180339887498949;  // its multiples fill [0, 1) evenly
  std::set<size_t> taken;
  std::vector<size_t> order;
  for (size_t i = 0; i < 4 * faults && order.size() < kMostPlainFaults; ++i) {
    const double place = std::fmod(static_cast<double>(i + 1) * kGoldenRatio, 1.0);
    const auto fault = static_cast<size_t>(place * static_cast<double>(faults));
    if (taken.insert(fault).second) order.push_back(fault);
  }
  return order;
}

// One engine on its setup.
class Measurement {
 public:
  Measurement(CampaignInputs inputs, const CampaignOptions& options, const EngineChoice& choice,
              const std::atomic<bool>* stop)
      : setup_(set_up(std::move(inputs), options, {.engine = choice})),
        engine_(choice.make(setup_.plan, setup_.layout.threads, setup_.layout.tile)),
        golden_(run_golden(setup_, *engine_, stop)),
        runner_(
            setup_, *engine_, golden_, [](size_t) { return false; }, stop, [](int64_t) {}) {}

  // The faults in blocks as in a campaign, or in blocks of one, until `most_seconds` have passed.
  EngineSpeed run(const std::string& name, bool one_by_one, double most_seconds) {
    const size_t all = setup_.faults.size();
    BlockSize size(golden_.seconds, setup_.least_block, setup_.layout.most_faults);
    const auto begin = Clock::now();
    while (tallies_.size() < all && (tallies_.empty() || seconds_since(begin) < most_seconds)) {
      const auto block_begin = Clock::now();
      const size_t count = one_by_one ? 1 : size.next(all - tallies_.size());
      const BlockResult block = runner_.run(tallies_.size(), count);
      tallies_.insert(tallies_.end(), block.tallies.begin(), block.tallies.end());
      size.measured(count, seconds_since(block_begin));
    }
    return {.name = name,
            .faults = static_cast<int64_t>(tallies_.size()),
            .images = setup_.images(),
            .seconds = seconds_since(begin),
            .golden_seconds = golden_.seconds,
            .kernels = setup_.metadata.kernels,
            .threads = setup_.layout.threads,
            .tile = setup_.layout.tile};
  }
  [[nodiscard]] const Setup& setup() const noexcept { return setup_; }
  [[nodiscard]] const std::vector<Tally>& tallies() const noexcept { return tallies_; }  // of run's faults

 private:
  Setup setup_;
  std::unique_ptr<Engine> engine_;
  GoldenRun golden_;
  BlockRunner runner_;
  std::vector<Tally> tallies_;
};

void require_equal(const Measurement& plain, const std::vector<size_t>& order, const Measurement& fast) {
  for (size_t i = 0; i < plain.tallies().size(); ++i) {
    if (plain.tallies()[i] == fast.tallies()[order[i]]) continue;
    throw Error(
        ErrorKind::self_check,
        fmt::format("the engines disagree on fault {}: replay does not count what the plain evaluation "
                    "counts; please report it with the model and the list",
                    plain.setup().faults[i].injection));
  }
}

std::vector<EngineSpeed> measure(const CampaignInputs& inputs, const CampaignOptions& options,
                                 double plain_seconds, const SpeedCallbacks& callbacks,
                                 const EngineChoice& fast) {
  const auto say = [&](const std::string& line) {
    if (callbacks.message) callbacks.message(line);
  };
  const std::vector<size_t> order = spread_over(inputs.list->faults.size());
  CampaignInputs sample = inputs;
  sample.list->faults.clear();
  for (size_t fault : order) sample.list->faults.push_back(inputs.list->faults[fault]);
  say(fmt::format("plain: whole evaluations for about {:g} s", plain_seconds));
  std::vector<EngineSpeed> speeds;
  Measurement plain(std::move(sample), options, plain_engine(), callbacks.stop);
  speeds.push_back(plain.run("plain", true, plain_seconds));
  if (plain.setup().plan.kernels() == KernelSet::scalar) return speeds;
  say(fmt::format("replay: {} faults", inputs.list->faults.size()));
  Measurement replay(inputs, options, fast, callbacks.stop);
  speeds.push_back(replay.run("replay", false, std::numeric_limits<double>::infinity()));
  require_equal(plain, order, replay);
  return speeds;
}

}  // namespace

std::vector<EngineSpeed> measure_on(const CampaignInputs& inputs, const CampaignOptions& options,
                                    double plain_seconds, const SpeedCallbacks& callbacks,
                                    const EngineChoice& fast) {
  if (!inputs.list) throw Error(ErrorKind::usage, "-f (--fault-list) is required");
  if (inputs.list->faults.empty())
    throw Error(ErrorKind::bad_input, inputs.list->path + ": no faults: nothing to measure");
  try {
    return measure(inputs, options, plain_seconds, callbacks, fast);
  } catch (const Stopped&) {
    throw Error(ErrorKind::interrupted, "interrupted: nothing was measured");
  } catch (const std::bad_alloc&) {
    throw Error(ErrorKind::out_of_memory, "out of memory; use fewer --threads, a smaller --tile or --memory");
  }
}

std::vector<EngineSpeed> measure_engines(const CampaignOptions& options, double plain_seconds,
                                         const SpeedCallbacks& callbacks) {
  check_options(options);
  const Message message = callbacks.message ? callbacks.message : [](const std::string&) {};
  return measure_on(load_inputs(options, message), options, plain_seconds, callbacks, replay_engine());
}

}  // namespace tf_injector
