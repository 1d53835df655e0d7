#include "cli/commands/bench_command.hpp"

#include <ostream>

#include "cli/console/console.hpp"
#include "cli/inputs.hpp"
#include "cli/text/speed_text.hpp"
#include "tf_injector/benchmark.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail::cli {

HelpText BenchCommand::help() const {
  return {
      "Measures faults per second: of the plain engine, which evaluates the whole network for every\n"
      "fault, and of replay, on the same list and images. Writes no file.",
      "bench (-f LIST | --steps) FLAGS", R"(Examples:
  tf_injector bench -d CIFAR10 -n ResNet20 -f faults.csv
  tf_injector bench --model net.keras --data test.npz -f faults.csv --limit 1000 --json
  tf_injector bench -d CIFAR10 -n ResNet20 --steps
  tf_injector bench -d CIFAR10 -n ResNet20 -f faults.csv --limit 64 --techniques)"};
}

void BenchCommand::add_flags(CommandParser& parser) {
  add_source_flags(parser, campaign);
  add_machine_flags(parser, campaign);
  parser.group("Measurement");
  parser.integer(
      "--seconds",
      "The plain engine takes faults, spread over the list, for so long; at least one. Replay takes the "
      "whole list (default: 10)",
      plain_seconds, 1, 86400);
  parser.flag(
      "--steps",
      "Instead: every step of the network alone on one thread, and its share of the most multiply-adds "
      "that this machine does; needs no list",
      steps);
  parser.flag("--techniques",
              "Instead: replay with each of its shortcuts left out, with more and more of them, and on one "
              "thread",
              techniques);
  parser.flag("--json", "One JSON object a line for each row instead of a table", json);
  parser.flag("-q,--quiet", "Only the results and errors", quiet);
}

void BenchCommand::check() {
  complete(campaign);
  if (steps && techniques)
    throw Error(ErrorKind::usage, "--steps and --techniques are two measurements: give one of them");
  if (campaign.options.fault_list_path.empty() && !steps)
    throw Error(ErrorKind::usage, "-f (--fault-list) is required: the faults to be measured");
}

void BenchCommand::run(const CommandContext& context) const {
  SpeedCallbacks callbacks;
  callbacks.message = [&context](const std::string& line) { context.console.message(line); };
  RunOptions options = campaign.options;
  check_run_options(options);
  if (steps) options.fault_list_path.clear();
  const BenchmarkInputs inputs = load_inputs(options, callbacks.message);
  if (steps) {
    const StepSpeeds speeds = measure_steps(inputs, callbacks);
    context.out << (json ? step_speeds_json(speeds) : step_speeds_text(speeds));
    return;
  }
  const auto seconds = static_cast<double>(plain_seconds);
  if (techniques) {
    const TechniqueSpeeds speeds = measure_techniques(inputs, seconds, callbacks);
    context.out << (json ? technique_speeds_json(speeds) : technique_speeds_text(speeds));
    return;
  }
  const std::vector<EngineSpeed> speeds = measure_engines(inputs, seconds, callbacks);
  context.out << (json ? speeds_json(speeds) : speeds_text(speeds));
}

}  // namespace tf_injector::detail::cli
