// `tf_injector run`: a campaign, or without a fault list the golden run.
#pragma once

#include "cli/campaign_flags.hpp"
#include "cli/command.hpp"

namespace tf_injector::detail::cli {

struct RunCommand final : Command {
  CampaignFlags campaign;
  ConsoleOptions console;

  [[nodiscard]] HelpText help() const override;
  void add_flags(CommandParser& parser) override;
  void check() override { complete(campaign); }
  [[nodiscard]] ConsoleOptions console_options() const override { return console; }
  void run(const CommandContext& context) const override;
};

}  // namespace tf_injector::detail::cli
