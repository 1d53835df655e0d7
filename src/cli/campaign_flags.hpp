// The flags of a campaign in groups, for the sub-commands that work on model, list and data.
#pragma once

#include <string>
#include <vector>

#include "cli/command_parser.hpp"
#include "cli/run_options.hpp"

namespace tf_injector::cli {

// "auto", "avx512", ... Throws Error(usage).
[[nodiscard]] KernelSet parse_kernels(const std::string& flag, const std::string& value);

// What parsing collects before it is checked as a whole.
struct CampaignDraft {
  RunOptions options;
  bool save_scores = false, no_download = false, validate = false;
  std::string scores;
};

// Each adds a group of flags to the parser; `draft` must outlive it.
void add_original_flags(CommandParser& parser, CampaignDraft& draft);
void add_data_flags(CommandParser& parser, CampaignDraft& draft);
void add_report_flags(CommandParser& parser, CampaignDraft& draft);
void add_machine_flags(CommandParser& parser, CampaignDraft& draft);
// Model, list, data and arithmetic in one group: for what evaluates faults but writes no report.
void add_source_flags(CommandParser& parser, CampaignDraft& draft);

// The draft as a whole. Throws Error(usage) where flags contradict each other or one is missing.
[[nodiscard]] RunOptions checked_options(CampaignDraft draft);

}  // namespace tf_injector::cli
