#include <iostream>
#include <memory>

#include "cli/commands.hpp"
#include "cli/console/signals.hpp"
#include "cli/console/standard_streams.hpp"
#include "cli/console/terminal.hpp"
#include "cli/failure.hpp"
#include "core/process_memory.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::cli {
namespace {

void execute(const Arguments& arguments, const std::vector<std::string>& command_line, Console& console) {
  if (const auto* text = std::get_if<PrintText>(&arguments)) {
    std::cout << text->text;
  } else if (const auto* inspect = std::get_if<InspectArguments>(&arguments)) {
    inspect_command(*inspect, std::cout);
  } else if (const auto* validate = std::get_if<ValidateArguments>(&arguments)) {
    validate_command(*validate, std::cout);
  } else if (const auto* bench = std::get_if<BenchArguments>(&arguments)) {
    bench_command(*bench, std::cout, console);
  } else if (const auto* download = std::get_if<DownloadArguments>(&arguments)) {
    download_command(*download, std::cout, console);
  } else {
    run_campaign_command(std::get<RunArguments>(arguments), command_line, std::cout, console);
  }
}

// A result that did not get out is an error, but only at the end: it stops no campaign.
void check_standard_output() {
  std::cout.flush();
  if (!std::cout) throw OutputError("standard output could not be written; not all results were printed");
}

}  // namespace

int run_program(int argc, char** argv) {
  const bool streams_are_safe = take_closed_standard_streams();
  ignore_broken_pipes();
  give_back_large_blocks();
  const std::vector<std::string> command_line(argv, argv + argc);
  const std::vector<std::string> words(command_line.begin() + (argc > 0 ? 1 : 0), command_line.end());
  auto console = make_console(ProgressMode::none, false, std::cerr, standard_error_terminal);
  try {
    if (!streams_are_safe) throw OutputError("no more files can be opened; raise the limit (ulimit -n)");
    const Arguments arguments = parse_arguments(words);
    if (const auto* run = std::get_if<RunArguments>(&arguments)) {
      console = make_console(run->progress, run->quiet, std::cerr, standard_error_terminal);
    } else if (const auto* bench = std::get_if<BenchArguments>(&arguments)) {
      console = make_console(ProgressMode::lines, bench->quiet, std::cerr, standard_error_terminal);
    } else if (const auto* download = std::get_if<DownloadArguments>(&arguments)) {
      console = make_console(download->progress, download->quiet, std::cerr, standard_error_terminal);
    }
    execute(arguments, command_line, *console);
    check_standard_output();
    return 0;
  } catch (...) {
    const Failure failure = describe_failure(std::current_exception(), command_of(words));
    std::cout.flush();
    console->error(failure.text, failure.exit_code, failure.hint);
    return failure.exit_code;
  }
}

}  // namespace tf_injector::cli
