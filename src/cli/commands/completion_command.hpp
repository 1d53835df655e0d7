// `completion`: prints what makes a shell complete the program's command lines.
#pragma once

#include <string>

#include "cli/command.hpp"

namespace tf_injector::detail::cli {

struct CompletionCommand final : Command {
  [[nodiscard]] HelpText help() const override;
  void add_flags(CommandParser& parser) override;
  void check() override;
  void run(const CommandContext& context) const override;

  std::string shell;
};

}  // namespace tf_injector::detail::cli
