// Layer x bit: how often a flip of this bit in this layer changes the decision.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <vector>

#include "answers/answer_text.hpp"
#include "answers/number_text.hpp"
#include "answers/pictures/drawing.hpp"
#include "answers/pictures/palette.hpp"
#include "answers/pictures/rate_axis.hpp"
#include "answers/safe_text.hpp"
#include "core/elementary.hpp"
#include "tf_injector/bit_groups.hpp"

namespace tf_injector::detail {
namespace {

constexpr size_t kLongestName = 26;  // characters of a layer's name
constexpr double kCharacter = 6.2;   // width of one, at 11 px
constexpr double kCellWidth = 21;
constexpr double kLegendWidth = 420;
constexpr size_t kManyLayers = 40;     // from here on rows are lower
constexpr int kNoFault = -1;           // level of a cell
constexpr size_t kTitledCells = 1100;  // each up to here says its numbers itself, for readers without scripts

struct HeatLayout {
  double x = 0, y = 0;  // of the first cell
  double cell_height = 0;
  size_t rows = 0;
  int columns = 0;  // bits
  [[nodiscard]] double width() const { return columns * kCellWidth; }
  [[nodiscard]] double height() const { return static_cast<double>(rows) * cell_height; }
  [[nodiscard]] double column(int bit) const { return x + (columns - 1 - bit) * kCellWidth; }
  [[nodiscard]] double row(size_t index) const { return y + static_cast<double>(index) * cell_height; }
};

// Rates -> levels of colour.
class HeatScale {
 public:
  explicit HeatScale(const std::vector<StatisticsDomain>& cells) {
    double least = 2;
    for (const StatisticsDomain& cell : cells) {
      const double rate = cell[Outcome::critical].images.estimate;
      if (cell.faults == 0 || !(rate > 0)) continue;
      least = std::min(least, rate);
      most_ = std::max(most_, rate);
    }
    if (most_ <= 0) return;
    least_ = std::max(least, most_ * 1e-5);
    logarithmic_ = most_ / least_ >= 30;
    if (!logarithmic_) least_ = 0;
  }
  [[nodiscard]] bool is_empty() const { return most_ <= 0; }
  [[nodiscard]] bool is_logarithmic() const { return logarithmic_; }
  [[nodiscard]] int level(double rate) const {
    if (!(rate > 0)) return 0;
    const double share =
        logarithmic_ ? natural_log(rate / least_) / natural_log(most_ / least_) : rate / most_;
    return std::clamp(1 + static_cast<int>(share * kColorLevels), 1, kColorLevels);
  }
  // The rate at a share of the scale.
  [[nodiscard]] double rate_at(double share) const {
    return logarithmic_ ? least_ * exp_of(share * natural_log(most_ / least_)) : most_ * share;
  }

 private:
  double least_ = 0, most_ = 0;
  bool logarithmic_ = false;
};

std::string cell_title(const StatisticsDomain& cell) {
  const ShareText images = percent_text(cell[Outcome::critical].images);
  return fmt::format("{}, bit {}: {} % of the images {}; {} % of {} faults", cell.layer, cell.bit_first,
                     images.estimate, interval_text(images),
                     percent_text(cell[Outcome::critical].faults.estimate), grouped(cell.faults));
}

void draw_legend(Drawing& drawing, const HeatLayout& layout, const HeatScale& scale) {
  constexpr double kSwatch = 14, kTop = 24, kHeight = 12;
  double x = layout.x;
  drawing.rect(x, kTop, kSwatch, kHeight, "ax", "");
  drawing.body += fmt::format("<rect fill=\"url(#hatch)\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"/>\n",
                              coordinate(x), coordinate(kTop), kSwatch, kHeight);
  drawing.text(x + kSwatch + 5, kTop + 10, "start", "no fault");
  x += 80;
  drawing.rect(x, kTop, kSwatch, kHeight, "c0");
  drawing.rect(x, kTop, kSwatch, kHeight, "ax");
  drawing.text(x + kSwatch + 5, kTop + 10, "start", "0 %");
  if (scale.is_empty()) return;
  x += 60;
  for (int level = 1; level <= kColorLevels; ++level)
    drawing.rect(x + (level - 1) * kSwatch, kTop, kSwatch, kHeight, fmt::format("c{}", level));
  for (const double share : {0.0, 0.25, 0.5, 0.75, 1.0}) {
    const double tick = x + share * kSwatch * kColorLevels;
    drawing.line(tick, kTop + kHeight, tick, kTop + kHeight + 3, "ax");
    drawing.text(tick, kTop + kHeight + 13, "middle", fmt::format("{:.2g} %", 100 * scale.rate_at(share)));
  }
  drawing.text(x + kSwatch * kColorLevels + 22, kTop + 10, "start",
               scale.is_logarithmic() ? "of the images, log scale" : "of the images");
}

void draw_bit_numbers(Drawing& drawing, const HeatLayout& layout, double y) {
  for (int bit = 0; bit < layout.columns; ++bit)
    drawing.text(layout.column(bit) + kCellWidth / 2, y, "middle", std::to_string(bit));
}

void draw_fields(Drawing& drawing, const HeatLayout& layout, StorageFormat storage) {
  for (const BitGroup& group : bit_groups(storage)) {
    const double left = layout.column(group.last_bit), right = layout.column(group.first_bit) + kCellWidth;
    if (group.first_bit == group.last_bit) {
      drawing.text(right - 3, layout.y - 19, "end", group.name);
    } else {
      drawing.text((left + right) / 2, layout.y - 19, "middle", group.name);
    }
    if (group.first_bit > 0) drawing.line(right, layout.y - 28, right, layout.y + layout.height(), "ax");
  }
}

// Cells of one level as a single path, neighbours in a row as one rectangle.
void draw_as_paths(Drawing& drawing, const HeatLayout& layout, const std::vector<std::vector<int>>& levels) {
  for (int level = kNoFault; level <= kColorLevels; ++level) {
    std::string path;
    for (size_t row = 0; row < levels.size(); ++row) {
      for (int bit = layout.columns - 1; bit >= 0;) {
        const int first = bit;
        while (bit >= 0 && levels[row][static_cast<size_t>(bit)] == level) --bit;
        if (bit == first) {
          --bit;
          continue;
        }
        path += fmt::format("M{} {}h{}v{}H{}z", coordinate(layout.column(first)), coordinate(layout.row(row)),
                            coordinate((first - bit) * kCellWidth), coordinate(layout.cell_height),
                            coordinate(layout.column(first)));
      }
    }
    if (path.empty() || level == 0) continue;  // the map's own background
    if (level == kNoFault) drawing.body += fmt::format("<path class=\"bg\" d=\"{}\"/>\n", path);
    const std::string fill = level == kNoFault ? "fill=\"url(#hatch)\"" : fmt::format("class=\"c{}\"", level);
    drawing.body += fmt::format("<path {} d=\"{}\"/>\n", fill, path);
  }
}

void draw_cells(Drawing& drawing, const HeatLayout& layout, const HeatScale& scale,
                const ReportStatistics& statistics) {
  std::map<std::string, size_t> rows;
  for (size_t i = 0; i < statistics.layers.size(); ++i) rows.emplace(statistics.layers[i].layer, i);
  std::vector<std::vector<int>> levels(layout.rows,
                                       std::vector<int>(static_cast<size_t>(layout.columns), kNoFault));
  std::string titles;
  const bool titled = statistics.cells.size() <= kTitledCells;
  for (const StatisticsDomain& cell : statistics.cells) {
    const auto row = rows.find(cell.layer);
    if (row == rows.end() || cell.faults == 0 || cell.bit_first != cell.bit_last) continue;
    const int level = scale.level(cell[Outcome::critical].images.estimate);
    levels[row->second][static_cast<size_t>(cell.bit_first)] = level;
    if (titled)
      titles += fmt::format(R"(<path class="no" d="M{} {}h{}v{}h-{}z"><title>{}</title></path>)"
                            "\n",
                            coordinate(layout.column(cell.bit_first)), coordinate(layout.row(row->second)),
                            coordinate(kCellWidth), coordinate(layout.cell_height), coordinate(kCellWidth),
                            escaped(cell_title(cell)));
  }
  draw_as_paths(drawing, layout, levels);
  drawing.body += "</g>\n" + titles;
}

std::string heatmap_description(const ReportStatistics& statistics) {
  const StatisticsDomain* most = nullptr;
  for (const StatisticsDomain& cell : statistics.cells) {
    if (cell.faults == 0) continue;
    if (most == nullptr ||
        cell[Outcome::critical].images.estimate > (*most)[Outcome::critical].images.estimate)
      most = &cell;
  }
  if (most == nullptr || !((*most)[Outcome::critical].images.estimate > 0))
    return "No fault changes a decision.";
  return "The highest rate: " + cell_title(*most) + ".";
}

}  // namespace

Drawing heatmap_drawing(const ReportStatistics& statistics) {
  HeatLayout layout;
  layout.rows = statistics.layers.size();
  layout.columns = storage_bits(statistics.network.storage);
  layout.cell_height = layout.rows > kManyLayers ? 13 : 18;
  size_t longest = 5;
  for (const StatisticsDomain& layer : statistics.layers)
    longest = std::max(longest, text_width(shortened(layer.layer, kLongestName)));
  layout.x = 12 + kCharacter * static_cast<double>(longest);
  layout.y = 92;
  const bool repeats_bits = layout.rows > 12;

  Drawing drawing;
  drawing.name = "heatmap";
  drawing.title = "Images whose decision changes, by layer and bit";
  drawing.description = heatmap_description(statistics);
  drawing.width = layout.x + std::max(layout.width(), kLegendWidth) + 12;
  drawing.height = layout.y + layout.height() + (repeats_bits ? 24 : 8);
  drawing.first_row = layout.y;
  drawing.row_height = layout.cell_height;
  drawing.attributes =
      fmt::format(R"( data-x="{}" data-y="{}" data-w="{}" data-h="{}")", coordinate(layout.x),
                  coordinate(layout.y), coordinate(kCellWidth), coordinate(layout.cell_height));
  drawing.body =
      "<defs><pattern id=\"hatch\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\">"
      "<path class=\"ha\" d=\"M-1 7L7 -1M-1 1L1 -1M5 7L7 5\"/></pattern></defs>\n";
  const HeatScale scale(statistics.cells);
  drawing.text(layout.x, 14, "start", drawing.title, "ti");
  draw_legend(drawing, layout, scale);
  draw_bit_numbers(drawing, layout, layout.y - 5);
  if (repeats_bits) draw_bit_numbers(drawing, layout, layout.y + layout.height() + 14);
  for (size_t i = 0; i < layout.rows; ++i)
    drawing.text(layout.x - 6, layout.row(i) + layout.cell_height / 2 + 4, "end",
                 shortened(statistics.layers[i].layer, kLongestName));
  drawing.body += "<g shape-rendering=\"crispEdges\">\n";  // no seams between neighbours
  drawing.rect(layout.x, layout.y, layout.width(), layout.height(), "c0");
  draw_cells(drawing, layout, scale, statistics);
  draw_fields(drawing, layout, statistics.network.storage);
  return drawing;
}

}  // namespace tf_injector::detail
