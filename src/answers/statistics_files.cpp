// Statistics into files: all checks first, then each file whole.
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "answers/output_files.hpp"
#include "answers/pictures/drawing.hpp"
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
  check_output_files(targets_of(files), inputs, files.overwrite);
}

std::vector<std::string> write_statistics(const ReportStatistics& statistics, const StatisticsFiles& files) {
  std::vector<std::string> inputs = {statistics.report};
  if (statistics.details) inputs.push_back(statistics.details->path);
  check_statistics_files(files, inputs);
  std::vector<OutputFile> texts;
  if (!files.html.empty()) texts.push_back({files.html, statistics_html(statistics)});
  if (!files.json.empty()) texts.push_back({files.json, statistics_json(statistics)});
  if (!files.svg_folder.empty()) {
    for (Picture& picture : statistics_pictures(statistics))
      texts.push_back({picture_path(files.svg_folder, picture.name), std::move(picture.svg)});
  }
  return write_output_files(texts);
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
