#include "cli/command_table.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "cli/commands/bench_command.hpp"
#include "cli/commands/compare_command.hpp"
#include "cli/commands/completion_command.hpp"
#include "cli/commands/download_command.hpp"
#include "cli/commands/estimate_command.hpp"
#include "cli/commands/explain_command.hpp"
#include "cli/commands/generate_command.hpp"
#include "cli/commands/inspect_command.hpp"
#include "cli/commands/man_command.hpp"
#include "cli/commands/merge_command.hpp"
#include "cli/commands/protect_command.hpp"
#include "cli/commands/report_command.hpp"
#include "cli/commands/run_command.hpp"
#include "cli/commands/slurm_command.hpp"
#include "cli/commands/validate_command.hpp"
#include "cli/commands/verify_command.hpp"
#include "core/nearest_name.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail::cli {
namespace {

struct CommandRow {
  const char* name;
  const char* synopsis;  // behind "tf_injector" in the overview
  const char* summary;   // what it does, in one line of the overview
  std::unique_ptr<Command> (*make)();
};

template <typename T>
std::unique_ptr<Command> make() {
  return std::make_unique<T>();
}

// In the order of the overview. The first is meant where the command line begins with a flag.
constexpr CommandRow kCommands[] = {
    {"run", "[run] FLAGS", "a campaign, or without a fault list the golden run", make<RunCommand>},
    {"inspect", "inspect MODEL", "the layers of a model and their faultable bits", make<InspectCommand>},
    {"estimate", "estimate FLAGS", "how critical a network is, from few faults", make<EstimateCommand>},
    {"generate", "generate --model MODEL -o LIST", "draws a fault list", make<GenerateCommand>},
    {"merge", "merge -o REPORT SHARD...", "the reports of the shards of a list become one",
     make<MergeCommand>},
    {"report", "report REPORT.csv", "what a report says: rates, intervals, a page", make<ReportCommand>},
    {"protect", "protect REPORT.csv", "what protections of the weights would leave", make<ProtectCommand>},
    {"validate", "validate -f LIST --model MODEL", "checks a fault list against a model",
     make<ValidateCommand>},
    {"verify", "verify REPORT.csv", "a report held against its model, list and data", make<VerifyCommand>},
    {"compare", "compare A B", "two reports, or a report and a published result list", make<CompareCommand>},
    {"explain", "explain FAULT --model MODEL", "one fault: how far it can reach, and where it ends",
     make<ExplainCommand>},
    {"bench", "bench FLAGS", "faults per second of the plain engine and of replay", make<BenchCommand>},
    {"slurm", "slurm FLAGS", "prints a job script: a campaign as a job array", make<SlurmCommand>},
    {"download", "download DATASET", "fetches a test set", make<DownloadCommand>},
    {"completion", "completion {bash,zsh}", "tab completion for a shell", make<CompletionCommand>},
    {"man", "man", "the manual page", make<ManCommand>},
};

std::string overview() {
  std::string text =
      "tf_injector: flips single bits of a Keras network's weights and reports what each changes\n\n";
  for (const CommandRow& row : kCommands)
    text += fmt::format("  tf_injector {:<32}{}\n", row.synopsis, row.summary);
  text += fmt::format("  {:<44}{}\n", "python -m tf_injector check MODEL",
                      "of the Python package: compares with your Keras");
  return text + "\ntf_injector SUB-COMMAND --help says more; these are the flags of run:\n\n";
}

// Null where there is no such sub-command.
const CommandRow* find_command(const std::string& name) {
  const auto* found = std::find_if(std::begin(kCommands), std::end(kCommands),
                                   [&](const CommandRow& row) { return row.name == name; });
  return found == std::end(kCommands) ? nullptr : found;
}

[[noreturn]] void throw_unknown(const std::string& name) {
  std::vector<std::string> names;
  for (const CommandRow& row : kCommands) names.emplace_back(row.name);
  const std::string nearest = nearest_name(name, names);
  throw Error(ErrorKind::usage, fmt::format("unknown sub-command '{}'", name) +
                                    (nearest.empty() ? fmt::format("; there are {}", fmt::join(names, ", "))
                                                     : fmt::format("; did you mean '{}'?", nearest)));
}

ParsedLine parse(const CommandRow& row, const std::vector<std::string>& words) {
  ParsedLine line{.command = row.make(), .text = "", .configuration = {}};
  CommandParser parser(line.command->help());
  line.command->add_flags(parser);
  if (std::optional<std::string> text = parser.parse(words)) return {nullptr, *std::move(text), {}};
  line.configuration = parser.configuration();
  line.command->check();
  return line;
}

}  // namespace

std::vector<CommandText> command_texts() {
  std::vector<CommandText> texts;
  for (const CommandRow& row : kCommands) {
    const std::unique_ptr<Command> command = row.make();
    const HelpText help = command->help();
    CommandParser parser(help);
    command->add_flags(parser);
    texts.push_back({.name = row.name,
                     .summary = row.summary,
                     .usage = help.usage,
                     .description = help.description,
                     .examples = help.examples,
                     .flags = parser.flags()});
  }
  return texts;
}

std::string command_of(const std::vector<std::string>& words) {
  const CommandRow* row = words.empty() ? nullptr : find_command(words[0]);
  return row == nullptr ? kCommands[0].name : row->name;
}

// CLI11's own sub-commands know no default one, and call a mistyped name an unexpected argument.
ParsedLine parse_command_line(const std::vector<std::string>& words) {
  if (words.empty() || words[0].empty() || words[0][0] == '-') {
    ParsedLine line = parse(kCommands[0], words);
    const bool is_help = words.size() == 1 && (words[0] == "-h" || words[0] == "--help");
    if (is_help) line.text.insert(0, overview());
    return line;
  }
  const CommandRow* row = find_command(words[0]);
  if (row == nullptr) throw_unknown(words[0]);
  return parse(*row, {words.begin() + 1, words.end()});
}

}  // namespace tf_injector::detail::cli
