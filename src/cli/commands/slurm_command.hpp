// `slurm`: prints a job script that runs a campaign as the tasks of a job array.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/command.hpp"
#include "cli/commands/run_command.hpp"

namespace tf_injector::detail::cli {

struct SlurmCommand final : Command {
  RunCommand campaign;
  std::optional<int64_t> tasks, cpus;
  int64_t parallel = 0, restarts = 50;
  std::string partition, account, time, memory, name = "tf_injector";
  std::vector<std::string> more;

  [[nodiscard]] HelpText help() const override;
  void add_flags(CommandParser& parser) override;
  void check() override;
  [[nodiscard]] ConsoleOptions console_options() const override { return campaign.console; }
  void run(const CommandContext& context) const override;
};

}  // namespace tf_injector::detail::cli
