// The files of a report that is verified: what stands in them, and what should.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "report/run_metadata.hpp"
#include "report/score_files.hpp"
#include "tf_injector/report.hpp"
#include "tf_injector/verify.hpp"

namespace tf_injector::detail {

// A text file and its lines. Not to be copied: the lines are views of the text.
struct TextFile {
  TextFile(std::string file, std::string contents);
  TextFile(const TextFile&) = delete;
  TextFile& operator=(const TextFile&) = delete;

  std::string path, text;
  std::vector<std::string_view> lines;
};

// Where the scores of a report are and which there should be. Without metadata: the folder that the Python
// tool would have written ("..._240501_1200.csv": "240501_1200"), or that of the report's name; its files say
// which mode it is, and those that are missing are not missed.
struct ScoreFolder {
  std::string path = {};
  ScoreMode mode = ScoreMode::none;
  bool has_all = false;  // a file that is missing is a difference
};
[[nodiscard]] ScoreFolder score_folder_of(const std::string& report,
                                          const std::optional<RunMetadata>& metadata);

// The path of the file of details that the metadata name; "": none.
[[nodiscard]] std::string details_path_of(const std::string& report,
                                          const std::optional<RunMetadata>& metadata);

}  // namespace tf_injector::detail
