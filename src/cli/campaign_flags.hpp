// The flags of a campaign in groups, for the sub-commands that work on model, list and data.
#pragma once

#include <cstdint>
#include <string>

#include "cli/command_parser.hpp"
#include "cli/run_options.hpp"

namespace tf_injector::detail::cli {

// What the flags set: `options`, and what decides them only together with other flags.
struct CampaignFlags {
  RunOptions options;  // whole after complete()
  std::string scores;  // "none", "changed", "all", "one", or "": not given
  bool save_scores = false, no_download = false;
  bool validate = false;  // without effect, as is the seed
  int64_t seed = 0;
};

// Each adds a group of flags to the parser; `flags` must outlive it.
void add_original_flags(CommandParser& parser, CampaignFlags& flags);
void add_data_flags(CommandParser& parser, CampaignFlags& flags);
void add_report_flags(CommandParser& parser, CampaignFlags& flags);
void add_machine_flags(CommandParser& parser, CampaignFlags& flags);
// Model, list, data and arithmetic in one group: for what evaluates faults but writes no report.
enum class SourceFlags { with_list, without_list };
void add_source_flags(CommandParser& parser, CampaignFlags& flags,
                      SourceFlags which = SourceFlags::with_list);
void add_storage_flag(CommandParser& parser, StorageFormat& storage);
void add_kernels_flag(CommandParser& parser, const std::string& description, KernelSet& kernels);

// Sets the options that several flags decide. Throws Error(usage) where flags contradict each other or one is
// missing.
void complete(CampaignFlags& flags);

}  // namespace tf_injector::detail::cli
