#include "cli/commands/estimate_command.hpp"

#include <fmt/format.h>

#include <limits>
#include <optional>
#include <ostream>
#include <utility>

#include "cli/console/console.hpp"
#include "cli/console/signals.hpp"
#include "cli/console/standard_streams.hpp"
#include "cli/flag_values.hpp"
#include "cli/inputs.hpp"
#include "cli/json_output.hpp"
#include "cli/run_status.hpp"
#include "cli/text/estimate_text.hpp"
#include "tf_injector/error.hpp"
#include "tf_injector/shard.hpp"
#include "tf_injector/status_file.hpp"
#include "tf_injector/write_file.hpp"

namespace tf_injector::detail::cli {

HelpText EstimateCommand::help() const {
  return {
      "Estimates how critical a network is under random bit flips of its kernels: draws faults where they\n"
      "tell most, evaluates each on a few images, and ends when the interval is narrow enough.",
      "estimate FLAGS",
      R"(The interval holds whenever one looks, and so where it stops. No fault is drawn twice on the
same images.

Examples:
  tf_injector estimate -d CIFAR10 -n ResNet20
  tf_injector estimate --model net.keras --data test.npz --error 0.005 --json net.json
  tf_injector estimate -d CIFAR10 -n ResNet20 --by layer --error 0.01 --state net.state
  tf_injector estimate -d CIFAR10 -n ResNet20 --metric due --max-seconds 60
  tf_injector estimate -d CIFAR10 -n ResNet20 --by bit --shard 0/4 --state 0.state
  tf_injector merge -o net.state 0.state 1.state 2.state 3.state
  tf_injector estimate -d CIFAR10 -n ResNet20 --by bit --state net.state

Exit codes: 0 done (also where --max-seconds ended it), 2 wrong command line, 3 bad input,
4 file not written, 5 state in use, 6 state of another estimate, 8 out of memory,
9 fetching failed, 75 interrupted.)"};
}

void EstimateCommand::add_flags(CommandParser& parser) {
  parser.group("What is estimated");
  parser.choice("--metric",
                "Share of images: critical (another decision), masked (no score changed), non-critical, sdc5 "
                "(decision not among the first five), due (NaN or Inf) (default: critical)",
                {{"critical", EstimateMetric::critical},
                 {"masked", EstimateMetric::masked},
                 {"non-critical", EstimateMetric::non_critical},
                 {"sdc5", EstimateMetric::sdc5},
                 {"due", EstimateMetric::due}},
                options.metric);
  const auto number = [&](const char* name, const char* placeholder, const char* description, auto set) {
    parser.value(name, placeholder, description,
                 [set](const std::string& flag, const std::string& text) { set(parse_number(flag, text)); });
  };
  number("--error", "E", "Half width of the interval that is wanted (default: 0.002)",
         [this](double value) { options.error = value; });
  number("--confidence", "C", "At this confidence (default: 0.99)",
         [this](double value) { options.confidence = value; });
  parser.choice(
      "--by", "network: one interval; bit or layer: one as narrow for each of them (default: network)",
      {{"network", EstimateBy::network}, {"bit", EstimateBy::bit}, {"layer", EstimateBy::layer}}, options.by);
  parser.value("--seed", "S", "Another sample (default: 1)",
               [this](const std::string& flag, const std::string& text) {
                 options.seed =
                     static_cast<uint64_t>(parse_integer(flag, text, 0, std::numeric_limits<int64_t>::max()));
               });
  number("--max-seconds", "T", "Ends then, with the interval that there is",
         [this](double value) { options.max_seconds = value; });
  parser.text("--state", "FILE", "Keeps what was evaluated: the same command goes on with it",
              options.state_path);
  parser.value("--shard", "I/N",
               "By bit or layer: only part I (from 0) of N of these, into --state; merge joins the states. "
               "slurm: the task of a job array says which",
               [this](const std::string&, const std::string& value) { options.shard = parse_shard(value); });
  parser.text("--status", "FILE",
              "Also writes how far it is into this JSON file, about once a second: for watch and dashboards",
              status_path);
  parser.text("--json", "FILE", "Also writes the result as JSON; - is standard output", json);
  add_source_flags(parser, campaign, SourceFlags::without_list);
  add_machine_flags(parser, campaign);
  add_console_flags(parser, console);
}

void EstimateCommand::check() {
  complete(campaign);
  check_options(options);
  if (options.shard && !json.empty())
    throw Error(ErrorKind::usage, "--json is of the whole estimate: merge the states of all shards first");
}

void EstimateCommand::run(const CommandContext& context) const {
  Console& out = context.console;
  const RunOptions& run = campaign.options;
  check_run_options(run);
  check_json_path(json, {find_model(run), run.data_path, options.state_path});
  require_own_file("--status", status_path);
  std::optional<StatusFile> status;
  EstimateCallbacks callbacks;
  if (!status_path.empty()) {
    status.emplace(status_path, [&](const std::string& line) { out.warning(line); });
    status->require_apart_from({find_model(run), run.data_path, options.state_path, json});
  }
  callbacks.message = [&](const std::string& line) { out.message(line); };
  callbacks.progress = [&](const EstimateProgress& progress) {
    out.progress(progress);
    if (status) status->progress(progress);
  };
  with_status(status, [&] {
    BenchmarkInputs inputs = load_inputs(run, callbacks.message);
    Session session(std::move(inputs.model), std::move(inputs.dataset), inputs.options);
    for (const std::string& remark : session.remarks()) out.message(remark);
    for (const std::string& warning : session.warnings()) out.warning(warning);
    const std::string interrupted =
        options.state_path.empty()
            ? "interrupted: nothing is kept to go on with (--state FILE would)"
            : fmt::format("interrupted: the same command goes on with {}", options.state_path);
    callbacks.stop = &stop_on_signals(out.last_words(interrupted));
    if (status) status->begin(options);
    const Estimate result = estimate(session, options, callbacks);
    out.finish();
    if (json == kStandardOutput) {
      context.out << estimate_json(result);
    } else {
      context.out << estimate_text(result) << std::flush;
      if (!json.empty()) write_file(json, estimate_json(result));
    }
    if (result.stopped == EstimateStop::interrupted) throw Error(ErrorKind::interrupted, interrupted);
  });
}

}  // namespace tf_injector::detail::cli
