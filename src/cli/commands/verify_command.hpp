// `tf_injector verify`: rows of a finished report evaluated once more, from its metadata.
#pragma once

#include <string>

#include "cli/campaign_flags.hpp"
#include "cli/command.hpp"
#include "tf_injector/verify.hpp"

namespace tf_injector::detail::cli {

struct VerifyCommand final : Command {
  static constexpr int kDiffers = 7;  // exit code

  std::string report;
  std::string json;  // see print_result
  VerifyOptions options;
  CampaignFlags campaign;
  ConsoleOptions console;

  [[nodiscard]] HelpText help() const override;
  void add_flags(CommandParser& parser) override;
  void check() override;
  [[nodiscard]] ConsoleOptions console_options() const override { return console; }
  void run(const CommandContext& context) const override;

 private:
  void require_no_settings() const;
  [[nodiscard]] VerifyInputs inputs() const;
};

}  // namespace tf_injector::detail::cli
