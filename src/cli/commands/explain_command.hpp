// `tf_injector explain`: what one fault is, how far it can reach, and where it ends on images.
#pragma once

#include <cstddef>
#include <string>

#include "cli/campaign_flags.hpp"
#include "cli/command.hpp"
#include "tf_injector/explain.hpp"

namespace tf_injector::detail::cli {

struct ExplainCommand final : Command {
  CampaignFlags campaign;
  std::string fault;     // "layer,(index),bit", or a number of the list
  std::string json;      // see print_result
  bool no_data = false;  // only what holds for all images
  bool quiet = false;

  [[nodiscard]] HelpText help() const override;
  void add_flags(CommandParser& parser) override;
  void check() override;
  [[nodiscard]] ConsoleOptions console_options() const override { return {ProgressMode::lines, quiet}; }
  void run(const CommandContext& context) const override;

 private:
  [[nodiscard]] bool has_data() const;
  struct ChosenFault {
    FaultList list;
    size_t row = 0;
  };
  [[nodiscard]] ChosenFault choose_fault(const Model& model) const;
};

}  // namespace tf_injector::detail::cli
