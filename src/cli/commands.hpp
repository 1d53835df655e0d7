// The program: sub-commands, and what runs them.
#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "cli/arguments.hpp"
#include "cli/console/console.hpp"

namespace tf_injector::cli {

// Everything main does. Returns the exit code.
int run_program(int argc, char** argv);

// The sub-commands: results go to `out`. All throw Error.
void run_campaign_command(const RunArguments& arguments, const std::vector<std::string>& command_line,
                          std::ostream& out, Console& console);
void inspect_command(const InspectArguments& arguments, std::ostream& out);
void validate_command(const ValidateArguments& arguments, std::ostream& out);
void download_command(const DownloadArguments& arguments, std::ostream& out, Console& console);
void bench_command(const BenchArguments& arguments, std::ostream& out, Console& console);

}  // namespace tf_injector::cli
