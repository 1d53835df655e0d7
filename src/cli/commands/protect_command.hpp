// `protect`: what protections would leave of a report's critical faults, as text and as files.
#pragma once

#include <string>
#include <vector>

#include "cli/command.hpp"
#include "cli/report_inputs.hpp"
#include "tf_injector/protect.hpp"

namespace tf_injector::detail::cli {

struct ProtectCommand final : Command {
  [[nodiscard]] HelpText help() const override;
  void add_flags(CommandParser& parser) override;
  void check() override;
  void run(const CommandContext& context) const override;

  ReportInputs inputs;
  ProtectionFiles files;
  bool json_to_output = false;  // instead of the text
  ProtectOptions options;

 private:
  [[nodiscard]] ProtectionStudy study(Console& console) const;

  ChosenBits chosen_;
};

}  // namespace tf_injector::detail::cli
