#include "cli/commands.hpp"
#include "cli/console/signals.hpp"
#include "cli/inputs.hpp"
#include "cli/text/speed_text.hpp"
#include "tf_injector/benchmark.hpp"

namespace tf_injector::cli {

void bench_command(const BenchArguments& arguments, std::ostream& out, Console& console) {
  SpeedCallbacks callbacks;
  callbacks.message = [&console](const std::string& line) { console.message(line); };
  callbacks.stop = &stop_on_signals(arguments.quiet ? "" : "stopping; Ctrl-C once more ends at once\n");
  check_run_options(arguments.options);
  RunOptions options = arguments.options;
  if (arguments.steps) options.fault_list_path.clear();
  const BenchmarkInputs inputs = load_inputs(options, callbacks.message, callbacks.stop);
  if (arguments.steps) {
    const StepSpeeds speeds = measure_steps(inputs, callbacks);
    out << (arguments.json ? step_speeds_json(speeds) : step_speeds_text(speeds));
    return;
  }
  const auto plain_seconds = static_cast<double>(arguments.plain_seconds);
  if (arguments.techniques) {
    const TechniqueSpeeds speeds = measure_techniques(inputs, plain_seconds, callbacks);
    out << (arguments.json ? technique_speeds_json(speeds) : technique_speeds_text(speeds));
    return;
  }
  const std::vector<EngineSpeed> speeds = measure_engines(inputs, plain_seconds, callbacks);
  out << (arguments.json ? speeds_json(speeds) : speeds_text(speeds));
}

}  // namespace tf_injector::cli
