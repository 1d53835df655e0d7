// Statistics into files: all checks first, then each file whole.
#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "answers/pictures/drawing.hpp"
#include "core/same_file.hpp"
#include "io/file.hpp"
#include "tf_injector/error.hpp"
#include "tf_injector/report_statistics.hpp"

namespace tf_injector {

using namespace detail;

namespace detail {
namespace {

constexpr const char* kPictureNames[] = {"heatmap", "bits", "layers", "distribution", "classes", "confusion"};

std::string picture_path(const std::string& folder, const std::string& name) {
  return (std::filesystem::path(folder) / (name + ".svg")).string();
}

std::vector<std::string> targets_of(const StatisticsFiles& files) {
  std::vector<std::string> targets;
  for (const std::string& path : {files.html, files.json}) {
    if (!path.empty()) targets.push_back(path);
  }
  if (!files.svg_folder.empty()) {
    for (const char* name : kPictureNames) targets.push_back(picture_path(files.svg_folder, name));
  }
  return targets;
}

}  // namespace
}  // namespace detail

void check_statistics_files(const StatisticsFiles& files, const std::vector<std::string>& inputs) {
  const std::vector<std::string> targets = targets_of(files);
  for (size_t i = 0; i < targets.size(); ++i) {
    for (size_t k = 0; k < i; ++k) {
      if (is_same_file(targets[i], targets[k]))
        throw Error(
            ErrorKind::usage,
            fmt::format("'{}' is to be written twice: give each output a name of its own", targets[i]));
    }
    for (const std::string& input : inputs) {
      if (is_same_file(targets[i], input))
        throw Error(ErrorKind::usage,
                    fmt::format("'{}' would be written over '{}', which is read", targets[i], input));
    }
    if (!files.overwrite && file_exists(targets[i]))
      throw OutputError(fmt::format("'{}' is there already; `overwrite` replaces it", targets[i]));
  }
}

std::vector<std::string> write_statistics(const ReportStatistics& statistics, const StatisticsFiles& files) {
  std::vector<std::string> inputs = {statistics.report};
  if (statistics.details) inputs.push_back(statistics.details->path);
  check_statistics_files(files, inputs);
  std::vector<std::pair<std::string, std::string>> texts;  // path, content
  if (!files.html.empty()) texts.emplace_back(files.html, statistics_html(statistics));
  if (!files.json.empty()) texts.emplace_back(files.json, statistics_json(statistics));
  if (!files.svg_folder.empty()) {
    for (Picture& picture : statistics_pictures(statistics))
      texts.emplace_back(picture_path(files.svg_folder, picture.name), std::move(picture.svg));
  }
  std::vector<std::unique_ptr<AtomicFile>> written;
  for (const auto& [path, text] : texts) {
    prepare_folder_for(path);
    written.push_back(std::make_unique<AtomicFile>(path));
    written.back()->write(text);
  }
  std::vector<std::string> paths;
  for (size_t i = 0; i < texts.size(); ++i) {
    written[i]->commit();
    paths.push_back(texts[i].first);
  }
  return paths;
}

std::vector<Picture> statistics_pictures(const ReportStatistics& statistics) {
  std::vector<Picture> pictures;
  const auto add = [&](const Drawing& drawing) {
    pictures.push_back({drawing.name, standalone_svg(drawing)});
  };
  add(heatmap_drawing(statistics));
  add(bits_drawing(statistics));
  add(layers_drawing(statistics));
  add(distribution_drawing(statistics));
  if (!statistics.details) return pictures;
  if (!statistics.details->classes.empty()) add(classes_drawing(*statistics.details));
  if (has_confusion_drawing(*statistics.details)) add(confusion_drawing(*statistics.details));
  return pictures;
}

}  // namespace tf_injector
