#include "cli/commands/estimate_command.hpp"

#include <fmt/format.h>

#include <limits>
#include <ostream>
#include <utility>

#include "cli/console/console.hpp"
#include "cli/console/signals.hpp"
#include "cli/flag_values.hpp"
#include "cli/inputs.hpp"
#include "cli/json_output.hpp"
#include "cli/text/estimate_text.hpp"
#include "tf_injector/error.hpp"
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
  parser.text("--json", "FILE", "Also writes the result as JSON; - is standard output", json);
  add_source_flags(parser, campaign, SourceFlags::without_list);
  add_machine_flags(parser, campaign);
  add_console_flags(parser, console);
}

void EstimateCommand::check() {
  complete(campaign);
  check_options(options);
}

void EstimateCommand::run(const CommandContext& context) const {
  Console& out = context.console;
  const RunOptions& run = campaign.options;
  check_run_options(run);
  check_json_path(json, {find_model(run), run.data_path, options.state_path});
  EstimateCallbacks callbacks;
  callbacks.message = [&](const std::string& line) { out.message(line); };
  callbacks.progress = [&](const EstimateProgress& progress) { out.progress(progress); };
  BenchmarkInputs inputs = load_inputs(run, callbacks.message);
  Session session(std::move(inputs.model), std::move(inputs.dataset), inputs.options);
  for (const std::string& remark : session.remarks()) out.message(remark);
  for (const std::string& warning : session.warnings()) out.warning(warning);
  const std::string interrupted =
      options.state_path.empty()
          ? "interrupted: nothing is kept to go on with (--state FILE would)"
          : fmt::format("interrupted: the same command goes on with {}", options.state_path);
  callbacks.stop = &stop_on_signals(out.last_words(interrupted));
  const Estimate result = estimate(session, options, callbacks);
  out.finish();
  if (json == kStandardOutput) {
    context.out << estimate_json(result);
  } else {
    context.out << estimate_text(result) << std::flush;
    if (!json.empty()) write_file(json, estimate_json(result));
  }
  if (result.stopped == EstimateStop::interrupted) throw Error(ErrorKind::interrupted, interrupted);
}

}  // namespace tf_injector::detail::cli
