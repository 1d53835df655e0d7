#include "answers/pictures/front_drawing.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "answers/number_text.hpp"
#include "answers/pictures/rate_axis.hpp"
#include "answers/powers_of_ten.hpp"
#include "answers/protect/protection_words.hpp"
#include "answers/safe_text.hpp"

namespace tf_injector::detail {
namespace {

// Bits for each weight: logarithmic from 0.01 on, and none at the beginning.
constexpr double kLeastBits = 0.01, kMostBits = 100, kBitDecades = 4, kNoBits = 0.08;

double bits_at(double bits) {
  if (!(bits > 0)) return 0;
  const double share =
      (decimal_log(std::clamp(bits, kLeastBits, kMostBits)) - decimal_log(kLeastBits)) / kBitDecades;
  return kNoBits + (1 - kNoBits) * share;
}

struct FrontPoint {
  const ProtectionRow* row;
  std::string number;  // in the table
  double x, y;
};

RateAxis axis_of(const ProtectionStudy& study) {
  std::vector<double> rates;
  double highest = 0;
  for (const ProtectionRow& row : study.rows) {
    if (!row.not_known.empty()) continue;
    rates.push_back(row.residual.images.estimate);
    highest = std::max(highest, row.residual.images.high);
  }
  return RateAxis(rates, highest);
}

std::string point_title(const FrontPoint& point) {
  const ShareText left = percent_text(point.row->residual.images);
  return fmt::format("{}: {}: {} bits for each weight, {} % of the images left {}", point.number,
                     point.row->label, bits_text(*point.row), left.estimate,
                     point.row->is_exact ? "by definition" : interval_text(left));
}

void draw_point(Drawing& drawing, const FrontPoint& point, double low, double high) {
  const char* style = point.row->on_front ? "all" : "faults";
  drawing.body += fmt::format("<g><title>{}</title>\n", escaped(point_title(point)));
  drawing.body += fmt::format("<path class=\"{} iv\" stroke-width=\"1.5\" d=\"M{} {}L{} {}\"/>\n", style,
                              coordinate(point.x), coordinate(low), coordinate(point.x), coordinate(high));
  if (point.row->needs.empty()) {
    drawing.body += fmt::format("<circle class=\"{}\" cx=\"{}\" cy=\"{}\" r=\"3.6\"/>\n", style,
                                coordinate(point.x), coordinate(point.y));
  } else {
    drawing.rect(point.x - 3.4, point.y - 3.4, 6.8, 6.8, style);
  }
  drawing.text(point.x + 6, point.y - 5, "start", point.number);
  drawing.body += "</g>\n";
}

// Steps: what the least memory up to a place leaves.
void draw_steps(Drawing& drawing, std::vector<FrontPoint> points, double right) {
  std::erase_if(points, [](const FrontPoint& point) { return !point.row->on_front; });
  std::stable_sort(points.begin(), points.end(),
                   [](const FrontPoint& a, const FrontPoint& b) { return a.x < b.x; });
  std::string path;
  for (const FrontPoint& point : points) {
    path += path.empty() ? fmt::format("M{} {}", coordinate(point.x), coordinate(point.y))
                         : fmt::format("H{}V{}", coordinate(point.x), coordinate(point.y));
  }
  if (!path.empty())
    drawing.body += fmt::format("<path class=\"ax\" d=\"{}H{}\"/>\n", path, coordinate(right));
}

}  // namespace

Drawing front_drawing(const ProtectionStudy& study) {
  constexpr double kLeft = 70, kRight = 766, kTop = 62, kPlot = 260, kBottom = kTop + kPlot;
  const RateAxis axis = axis_of(study);
  Drawing drawing;
  drawing.name = "front";
  drawing.title = fmt::format("Images that are still harmed, by memory for each weight{}",
                              axis.is_logarithmic() ? ", log scales" : "");
  drawing.description = "Numbers are those of the table; the line is the front.";
  drawing.width = kRight + 16;
  drawing.height = kBottom + 44;
  drawing.text(8, 14, "start", drawing.title, "ti");
  drawing.body += "<circle class=\"all\" cx=\"18\" cy=\"34\" r=\"3.6\"/>\n";
  drawing.text(27, 38, "start", "on the front");
  drawing.body += "<circle class=\"faults\" cx=\"122\" cy=\"34\" r=\"3.6\"/>\n";
  drawing.text(131, 38, "start", "not");
  drawing.rect(168.6, 30.6, 6.8, 6.8, "faults");
  drawing.text(181, 38, "start", "needs more than these bits");
  const auto y_of = [&](double rate) { return kTop + kPlot * (1 - axis.at(rate)); };
  const auto x_of = [&](double bits) { return kLeft + (kRight - kLeft) * bits_at(bits); };
  for (const RateAxis::Tick& tick : axis.ticks()) {
    const double y = kTop + kPlot * (1 - tick.at);
    drawing.line(kLeft, y, kRight, y, "gr");
    drawing.text(kLeft - 6, y + 4, "end", tick.label);
  }
  for (const double bits : {0.0, 0.01, 0.1, 1.0, 10.0, 100.0}) {
    drawing.line(x_of(bits), kTop, x_of(bits), kBottom, "gr");
    drawing.text(x_of(bits), kBottom + 16, "middle", fmt::format("{:g}", bits));
  }
  drawing.text((kLeft + kRight) / 2, kBottom + 36, "middle", "bits for each weight");
  std::vector<FrontPoint> points;
  for (size_t i = 0; i < study.rows.size(); ++i) {
    const ProtectionRow& row = study.rows[i];
    if (!row.not_known.empty() || !row.bits_per_weight) continue;
    points.push_back({.row = &row,
                      .number = std::to_string(i + 1),
                      .x = x_of(*row.bits_per_weight),
                      .y = y_of(row.residual.images.estimate)});
  }
  draw_steps(drawing, points, kRight);
  for (const FrontPoint& point : points)
    draw_point(drawing, point, y_of(point.row->residual.images.low), y_of(point.row->residual.images.high));
  return drawing;
}

}  // namespace tf_injector::detail
