// `tf_injector inspect`: the layers of a model, and the plan that runs.
#pragma once

#include <string>

#include "cli/command.hpp"
#include "tf_injector/kernel_set.hpp"
#include "tf_injector/storage.hpp"

namespace tf_injector::detail::cli {

struct InspectCommand final : Command {
  std::string model;
  StorageFormat storage = StorageFormat::float32;
  bool plan = false;                         // the steps that run as well
  KernelSet kernels = KernelSet::automatic;  // of the plan

  [[nodiscard]] HelpText help() const override;
  void add_flags(CommandParser& parser) override;
  void check() override;
  void run(const CommandContext& context) const override;
};

}  // namespace tf_injector::detail::cli
