// `tf_injector download`: a test set fetched from its home page or a mirror.
#pragma once

#include <string>
#include <vector>

#include "cli/command.hpp"

namespace tf_injector::detail::cli {

struct DownloadCommand final : Command {
  std::string dataset;
  std::string folder;                // "": ./datasets/<dataset>
  std::vector<std::string> mirrors;  // instead of the published address
  std::string sha256;  // of the mirrors' file, instead of the published hash; "": the published one
  ConsoleOptions console;

  [[nodiscard]] HelpText help() const override;
  void add_flags(CommandParser& parser) override;
  void check() override;
  [[nodiscard]] ConsoleOptions console_options() const override { return console; }
  void run(const CommandContext& context) const override;
};

}  // namespace tf_injector::detail::cli
