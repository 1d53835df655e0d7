// `generate`: draws a fault list.
#pragma once

#include <string>

#include "cli/command.hpp"
#include "tf_injector/fault_sampling.hpp"
#include "tf_injector/storage.hpp"

namespace tf_injector::detail::cli {

struct GenerateCommand final : Command {
  [[nodiscard]] HelpText help() const override;
  void add_flags(CommandParser& parser) override;
  void check() override;
  void run(const CommandContext& context) const override;

  std::string model, list;
  StorageFormat storage = StorageFormat::float32;
  SamplingOptions options;
  bool published = false, has_scheme = false, overwrite = false, dry_run = false;
};

}  // namespace tf_injector::detail::cli
