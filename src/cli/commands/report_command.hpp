// `report`: what a finished report says, as text and as files.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/command.hpp"
#include "cli/report_inputs.hpp"
#include "tf_injector/report_statistics.hpp"

namespace tf_injector::detail::cli {

struct ReportCommand final : Command {
  [[nodiscard]] HelpText help() const override;
  void add_flags(CommandParser& parser) override;
  void check() override;
  void run(const CommandContext& context) const override;

  ReportInputs inputs;
  std::string details;
  StatisticsFiles files;
  bool json_to_output = false;  // instead of the text
  ReportStatisticsOptions options;

 private:
  void check_files() const;
  [[nodiscard]] ReportStatistics statistics(Console& console) const;
};

}  // namespace tf_injector::detail::cli
