// `estimate`: how critical a network is, from as few faults as the wanted margin needs.
#pragma once

#include <string>

#include "cli/campaign_flags.hpp"
#include "cli/command.hpp"
#include "tf_injector/estimate.hpp"

namespace tf_injector::detail::cli {

struct EstimateCommand final : Command {
  [[nodiscard]] HelpText help() const override;
  void add_flags(CommandParser& parser) override;
  void check() override;
  [[nodiscard]] ConsoleOptions console_options() const override { return console; }
  void run(const CommandContext& context) const override;

  CampaignFlags campaign;
  ConsoleOptions console;
  EstimateOptions options;
  std::string json, status_path;
};

}  // namespace tf_injector::detail::cli
