// A finished report as the commands that ask about it are given it: with the model and the list, where its
// metadata do not say enough.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/command_parser.hpp"
#include "cli/console/console.hpp"
#include "tf_injector/model.hpp"
#include "tf_injector/report_statistics.hpp"
#include "tf_injector/storage.hpp"

namespace tf_injector::detail::cli {

struct ReportInputs {
  std::string report, list, model;
  StorageFormat storage = StorageFormat::float32;  // of the model's weights, where the metadata do not say it

  void add_report(CommandParser& parser);
  void add_sources(CommandParser& parser);
  // Throws Error(usage). `command`: its name.
  void check(const std::string& command) const;
  // Everything that is read.
  [[nodiscard]] std::vector<std::string> paths() const;
  // Throws Error(usage): the metadata say another storage than the flag.
  void require_storage() const;
  // The model that is given, stored as that of the report.
  [[nodiscard]] Model load_model() const;
  // How the list was drawn; "": not known.
  [[nodiscard]] std::string plan(const Model& loaded, Console& console) const;
};

// Between 0 and 1, neither included. Throws Error(usage).
[[nodiscard]] double parse_share(const std::string& flag, const std::string& text);
// Throws Error(usage): a standard stream is redirected into one of the files ("": none).
void require_no_stream(const std::vector<std::string>& files);
// For text on standard output.
[[nodiscard]] StatisticsTextOptions output_text_options();

}  // namespace tf_injector::detail::cli
