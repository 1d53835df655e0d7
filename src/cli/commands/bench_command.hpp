// `tf_injector bench`: how fast the engines, replay's shortcuts and single steps are.
#pragma once

#include <cstdint>

#include "cli/campaign_flags.hpp"
#include "cli/command.hpp"

namespace tf_injector::detail::cli {

struct BenchCommand final : Command {
  CampaignFlags campaign;
  int64_t plain_seconds = 10;
  bool steps = false;       // measure the steps of the plan, not the engines
  bool techniques = false;  // measure the shortcuts of replay one by one
  bool json = false;
  bool quiet = false;

  [[nodiscard]] HelpText help() const override;
  void add_flags(CommandParser& parser) override;
  void check() override;
  [[nodiscard]] ConsoleOptions console_options() const override { return {ProgressMode::lines, quiet}; }
  void run(const CommandContext& context) const override;
};

}  // namespace tf_injector::detail::cli
