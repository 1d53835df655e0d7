// `tf_injector merge`: the reports of shards become one.
#pragma once

#include <string>
#include <vector>

#include "cli/command.hpp"
#include "tf_injector/merge.hpp"

namespace tf_injector::detail::cli {

struct MergeCommand final : Command {
  MergeOptions options;
  std::vector<std::string> shards;
  ConsoleOptions console;

  [[nodiscard]] HelpText help() const override;
  void add_flags(CommandParser& parser) override;
  void check() override;
  [[nodiscard]] ConsoleOptions console_options() const override { return console; }
  void run(const CommandContext& context) const override;
};

}  // namespace tf_injector::detail::cli
