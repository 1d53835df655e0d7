// `man`: prints the manual page.
#pragma once

#include "cli/command.hpp"

namespace tf_injector::detail::cli {

struct ManCommand final : Command {
  [[nodiscard]] HelpText help() const override;
  void add_flags(CommandParser&) override {}
  void check() override {}
  void run(const CommandContext& context) const override;
};

}  // namespace tf_injector::detail::cli
