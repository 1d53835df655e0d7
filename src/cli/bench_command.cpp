#include "cli/commands.hpp"
#include "cli/result_text.hpp"
#include "cli/signals.hpp"
#include "tf_injector/engine_speed.hpp"

namespace tf_injector::cli {

void bench_command(const BenchArguments& arguments, std::ostream& out, Talk& talk) {
  SpeedCallbacks callbacks;
  callbacks.message = [&talk](const std::string& line) { talk.message(line); };
  callbacks.stop = &stop_on_signals(arguments.quiet ? "" : "stopping; Ctrl-C once more ends at once\n");
  const std::vector<EngineSpeed> speeds =
      measure_engines(arguments.campaign, static_cast<double>(arguments.plain_seconds), callbacks);
  out << (arguments.json ? speeds_json(speeds) : speeds_text(speeds));
}

}  // namespace tf_injector::cli
