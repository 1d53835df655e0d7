// `tf_injector compare`: two results of the same faults held against each other.
#pragma once

#include <cstdint>
#include <string>

#include "cli/command.hpp"

namespace tf_injector::detail::cli {

struct CompareCommand final : Command {
  static constexpr int kDiffers = 10;  // exit code

  std::string a, b;
  std::string json;  // a file, "-": standard output instead of the text, "": none
  int64_t top = 10;

  [[nodiscard]] HelpText help() const override;
  void add_flags(CommandParser& parser) override;
  void check() override;
  void run(const CommandContext& context) const override;
};

}  // namespace tf_injector::detail::cli
