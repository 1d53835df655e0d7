#include "answers/report_subject.hpp"

#include <cstddef>
#include <filesystem>
#include <string_view>
#include <vector>

namespace tf_injector::detail {

std::string network_name(const std::string& model_path) {
  return std::filesystem::path(model_path).stem().string();
}

std::string dataset_name(const RunMetadata& metadata) {
  for (const GivenFlag& flag : metadata.configuration.flags) {
    if (flag.name == "dataset" && !flag.values.empty()) return flag.values.front();
  }
  // Old metadata have the command line only.
  const std::vector<std::string>& command_line = metadata.command_line;
  constexpr std::string_view kLong = "--dataset", kShort = "-d";
  std::string name;
  for (size_t i = 1; i < command_line.size(); ++i) {
    const std::string_view word = command_line[i];
    if ((word == kLong || word == kShort) && i + 1 < command_line.size()) {
      name = command_line[++i];
    } else if (word.starts_with("--dataset=")) {
      name = word.substr(kLong.size() + 1);
    } else if (word.starts_with(kShort) && word.size() > kShort.size()) {
      name = word.substr(kShort.size());
    }
  }
  return name;
}

}  // namespace tf_injector::detail
