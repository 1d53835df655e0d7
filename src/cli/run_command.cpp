#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/progress_text.hpp"
#include "cli/result_text.hpp"
#include "cli/signals.hpp"
#include "cli/standard_streams.hpp"
#include "cli/terminal.hpp"
#include "tf_injector/campaign.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::cli {
namespace {

// What the first Ctrl-C says, below the bar where there is one.
std::string stop_notice(const RunArguments& arguments) {
  if (arguments.quiet || arguments.progress == ProgressMode::json) return "";
  const std::string line = "stopping; Ctrl-C once more ends at once\n";
  return standard_error_terminal().interactive ? "\n" + line : line;
}

// The report would hold what is printed as well as rows.
void require_own_file(const std::string& report) {
  const std::string stream = report.empty() ? "" : standard_stream_into(report);
  if (stream.empty()) return;
  throw Error(ErrorKind::usage,
              fmt::format("--report {}: {} is redirected into that file; give one of them another name",
                          report, stream));
}

}  // namespace

void run_campaign_command(const RunArguments& arguments, const std::vector<std::string>& command_line,
                          std::ostream& out, Talk& talk) {
  require_own_file(arguments.campaign.report_path);
  CampaignOptions options = arguments.campaign;
  options.command_line = command_line;
  bool golden_printed = false;
  const auto print_golden = [&](const GoldenSummary& golden) {
    if (!golden_printed) out << golden_text(golden) << std::flush;
    golden_printed = true;
  };
  CampaignCallbacks callbacks;
  callbacks.message = [&talk](const std::string& line) { talk.message(line); };
  callbacks.warning = [&talk](const std::string& line) { talk.warning(line); };
  callbacks.golden = print_golden;
  callbacks.progress = [&talk](const Progress& progress) { talk.progress(progress); };
  callbacks.stop = &stop_on_signals(stop_notice(arguments));

  const CampaignResult result = run_campaign(options, callbacks);
  talk.finish();
  if (result.golden.images > 0) print_golden(result.golden);
  if (result.outcome == CampaignOutcome::done) {
    talk.message(fmt::format("{} faults in {}", result.faults, duration_text(result.seconds)));
  }
  out << outcome_text(result);
}

}  // namespace tf_injector::cli
