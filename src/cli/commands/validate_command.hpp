// `tf_injector validate`: a fault list checked against a model.
#pragma once

#include "cli/command.hpp"
#include "cli/run_options.hpp"

namespace tf_injector::detail::cli {

struct ValidateCommand final : Command {
  RunOptions options;  // the list, and what says which model: model_path, dataset, network

  [[nodiscard]] HelpText help() const override;
  void add_flags(CommandParser& parser) override;
  void check() override;
  void run(const CommandContext& context) const override;
};

}  // namespace tf_injector::detail::cli
