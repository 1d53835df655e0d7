#include "cli/commands/slurm_command.hpp"

#include <fmt/format.h>

#include <cmath>
#include <filesystem>
#include <ostream>

#include "cli/console/console.hpp"
#include "cli/inputs.hpp"
#include "cli/text/progress_text.hpp"
#include "cli/text/slurm_script.hpp"
#include "core/environment.hpp"
#include "tf_injector/campaign.hpp"
#include "tf_injector/error.hpp"
#include "tf_injector/shard.hpp"

namespace tf_injector::detail::cli {
namespace {

// Twice what was measured: machines differ, and the nodes of a cluster have other work. The minutes are for
// reading model and data, and the golden run.
constexpr double kTimeMargin = 2;
constexpr int64_t kLeastMinutes = 5;

const std::vector<std::string>& own_flags() {
  static const std::vector<std::string> names = {
      "--array-size", "--parallel", "--partition", "--account", "--time",   "--cpus-per-task",
      "--mem",        "--job-name", "--restarts",  "--sbatch",  "--report", "--details"};
  return names;
}

// Comments of a script are no place for what a shell or sbatch reads otherwise.
void check_value(const char* flag, const std::string& value) {
  constexpr const char* kSafe = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.,:@%+=/-[]*";
  if (value.find_first_not_of(kSafe) == std::string::npos) return;
  throw Error(ErrorKind::usage,
              fmt::format("{} '{}': expected letters, digits and any of _.,:@%+=/-[]*, which "
                          "need no quotes in a job script",
                          flag, value));
}

// The program as the tasks find it, from another folder.
std::string program_path(const std::string& typed) {
  namespace fs = std::filesystem;
  std::error_code error;
  if (typed.find('/') != std::string::npos) return fs::absolute(typed, error).lexically_normal().string();
  const std::string path = environment_variable("PATH").value_or("");
  for (size_t begin = 0; begin < path.size();) {
    const size_t end = std::min(path.find(':', begin), path.size());
    const fs::path candidate = fs::absolute(path.substr(begin, end - begin), error) / typed;
    if (end > begin && fs::is_regular_file(candidate, error)) return candidate.string();
    begin = end + 1;
  }
  return typed;
}

std::vector<std::string> flags_with_value(const Command& like) {
  SlurmCommand command;
  CommandParser parser(like.help());
  command.add_flags(parser);
  std::vector<std::string> names;
  for (const FlagText& flag : parser.flags()) {
    if (!flag.placeholder.empty()) names.insert(names.end(), flag.names.begin(), flag.names.end());
  }
  return names;
}

}  // namespace

HelpText SlurmCommand::help() const {
  return {
      "Prints a job script for Slurm: a campaign as the tasks of a job array, each with a part of the list,\n"
      "and a job that merges their reports into what one process would have written. Submits nothing.",
      "slurm FLAGS OF run --report FILE --array-size N [FLAGS]",
      R"(Examples:
  tf_injector slurm --model net.keras --data test.npz -f faults.csv --report out/net.csv \
      --array-size 64 --cpus-per-task 8 --partition batch > net.sh
  bash net.sh          submits the array, and the merge that waits for it
  bash net.sh merge    merges by hand

A task that comes near its time limit, is preempted or loses its node is queued again and goes on behind
what is done; scancel ends it. docs/howto-slurm.md has it step by step.
Exit codes: 0 done, 2 wrong command line, 3 bad input, 8 out of memory, 75 interrupted.)"};
}

void SlurmCommand::add_flags(CommandParser& parser) {
  campaign.add_flags(parser);
  parser.group("Slurm");
  parser.integer("--array-size", "Into how many tasks the list is cut (required)", tasks, 1, kMostShards);
  parser.integer("--parallel", "At most so many tasks at a time (default: as many as Slurm likes)", parallel,
                 1);
  parser.text("--partition", "P", "Where they run", partition);
  parser.text("--account", "A", "Who pays", account);
  parser.text(
      "--time", "T",
      "Time limit of a task as sbatch takes it, e.g. 90 or 1:30:00 (default: estimated, as by --dry-run, "
      "with a margin)",
      time);
  parser.integer("--cpus-per-task", "Processors of a task (default: --threads, else 1)", cpus, 1, 65536);
  parser.text("--mem", "SIZE", "Memory of a task as sbatch takes it (default: --memory)", memory);
  parser.text("--job-name", "NAME", "(default: tf_injector)", name);
  parser.integer("--restarts", "Restarts of a task after which it gives up (default: 50)", restarts, 0,
                 1'000'000);
  parser.texts("--sbatch", "OPTION",
               "One more option of sbatch without its dashes, e.g. --sbatch qos=long; may be repeated", more);
}

void SlurmCommand::check() {
  campaign.check();
  const RunOptions& options = campaign.campaign.options;
  if (!tasks) throw Error(ErrorKind::usage, "--array-size is required: into how many tasks the list is cut");
  if (options.fault_list_path.empty())
    throw Error(ErrorKind::usage, "-f (--fault-list) is required: the faults that are shared out");
  if (options.report.path.empty())
    throw Error(ErrorKind::usage, "--report is required: all tasks and the merge must agree on its name");
  if (options.report.overwrite)
    throw Error(ErrorKind::usage,
                "--overwrite: a task that is queued again would begin anew; remove the files instead");
  if (options.report.dry_run) throw Error(ErrorKind::usage, "--dry-run: slurm starts nothing; leave it out");
  if (options.shard) throw Error(ErrorKind::usage, "--shard: each task has one of its own; leave it out");
  if (!options.status_path.empty())
    throw Error(ErrorKind::usage, "--status: each task writes one beside its report; leave it out");
  if (!time.empty() && !slurm_minutes(time)) {
    throw Error(
        ErrorKind::usage,
        fmt::format("--time '{}': expected minutes, MM:SS, HH:MM:SS, D-HH, D-HH:MM or D-HH:MM:SS", time));
  }
  check_value("--partition", partition);
  check_value("--account", account);
  check_value("--mem", memory);
  check_value("--job-name", name);
  for (const std::string& option : more) {
    check_value("--sbatch", option);
    if (option.empty()) throw Error(ErrorKind::usage, "--sbatch: expected an option, such as qos=long");
  }
}

void SlurmCommand::run(const CommandContext& context) const {
  const RunOptions& options = campaign.campaign.options;
  check_run_options(options);
  const auto& line = context.command_line;
  SlurmJob job{.folder = std::filesystem::current_path().string(),
               .program = program_path(line[0]),
               .words = words_without({line.begin() + 2, line.end()}, flags_with_value(*this), own_flags()),
               .report = options.report.path,
               .details = options.report.details_path,
               .tasks = *tasks,
               .parallel = parallel,
               .cpus = cpus.value_or(options.session.threads > 0 ? options.session.threads : 1),
               .restarts = restarts,
               .time = time,
               .name = name,
               .memory = memory,
               .more = {}};
  if (!partition.empty()) job.more.push_back("--partition=" + partition);
  if (!account.empty()) job.more.push_back("--account=" + account);
  for (const std::string& option : more) job.more.push_back("--" + option);
  constexpr uint64_t kMiB = uint64_t{1} << 20;
  if (memory.empty() && options.session.memory_bytes > 0)
    job.memory = fmt::format("{}M", (options.session.memory_bytes + kMiB - 1) / kMiB);
  if (!time.empty()) {
    job.minutes = *slurm_minutes(time);
  } else {
    const auto message = [&](const std::string& text) { context.console.message(text); };
    BenchmarkInputs inputs = load_inputs(options, message);
    Session session(std::move(inputs.model), std::move(inputs.dataset), inputs.options);
    for (const std::string& warning : session.warnings()) context.console.warning(warning);
    const Campaign whole(session, std::move(inputs.faults), options.campaign);
    const double seconds = whole.estimate(0).seconds * whole.threads();  // of one processor
    const double of_task = seconds / static_cast<double>(*tasks) / static_cast<double>(job.cpus);
    job.minutes = kLeastMinutes + static_cast<int64_t>(std::ceil(kTimeMargin * of_task / 60));
    message(fmt::format("all faults: about {} of one processor; time limit of a task: {} minutes",
                        duration_text(seconds), job.minutes));
  }
  context.data << slurm_script(job);
}

}  // namespace tf_injector::detail::cli
