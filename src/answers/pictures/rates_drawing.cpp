// Rates with intervals, by bit and by layer.
#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "answers/answer_text.hpp"
#include "answers/number_text.hpp"
#include "answers/pictures/drawing.hpp"
#include "answers/pictures/rate_axis.hpp"
#include "answers/safe_text.hpp"
#include "tf_injector/bit_groups.hpp"

namespace tf_injector::detail {
namespace {

RateAxis axis_of(const std::vector<StatisticsDomain>& domains) {
  std::vector<double> rates;
  double highest = 0;
  for (const StatisticsDomain& domain : domains) {
    if (domain.faults == 0) continue;
    const OutcomeRate& rate = domain[Outcome::critical];
    rates.push_back(rate.images.estimate);
    rates.push_back(rate.faults.estimate);
    highest = std::max({highest, rate.images.high, rate.faults.high});
  }
  return RateAxis(rates, highest);
}

std::string rate_title(const std::string& name, const StatisticsDomain& domain) {
  const ShareText images = percent_text(domain[Outcome::critical].images);
  const ShareText faults = percent_text(domain[Outcome::critical].faults);
  return fmt::format("{}: {} % of the images {}; {} % of the faults {} hurt at least one image; {} faults",
                     name, images.estimate, interval_text(images), faults.estimate, interval_text(faults),
                     grouped(domain.faults));
}

// Marks along one axis of the picture; `across` is where they stand on the other.
struct MarkWriter {
  Drawing& drawing;
  const RateAxis& axis;
  double begin, end;  // of the axis, in units of the picture
  bool horizontal;

  [[nodiscard]] double place(double rate) const { return begin + (end - begin) * axis.at(rate); }
  [[nodiscard]] std::string point(double along, double across) const {
    return horizontal ? coordinate(along) + " " + coordinate(across)
                      : coordinate(across) + " " + coordinate(along);
  }
  void interval(const Share& share, double across, std::string_view style, double width) const {
    drawing.body +=
        fmt::format("<path class=\"{} iv\" stroke-width=\"{}\" d=\"M{}L{}\"/>\n", style, coordinate(width),
                    point(place(share.low), across), point(place(share.high), across));
  }
  // Sign: diamond; exponent: square; mantissa and all else: circle.
  void mark(const Share& share, double across, std::string_view style, double size) const {
    const double along = place(share.estimate);
    const double x = horizontal ? along : across, y = horizontal ? across : along;
    if (style == "exponent") {
      drawing.body += fmt::format(R"(<rect class="{}" x="{}" y="{}" width="{}" height="{}"/>)"
                                  "\n",
                                  style, coordinate(x - size), coordinate(y - size), coordinate(2 * size),
                                  coordinate(2 * size));
    } else if (style == "sign") {
      const double half = size * 1.4;
      drawing.body +=
          fmt::format(R"(<path class="{}" d="M{} {}l{} {}l{} {}l{} {}z"/>)"
                      "\n",
                      style, coordinate(x - half), coordinate(y), coordinate(half), coordinate(-half),
                      coordinate(half), coordinate(half), coordinate(-half), coordinate(half));
    } else {
      drawing.body += fmt::format(R"(<circle class="{}" cx="{}" cy="{}" r="{}"/>)"
                                  "\n",
                                  style, coordinate(x), coordinate(y), coordinate(size));
    }
  }
  // Both questions about one domain, side by side.
  void domain(const StatisticsDomain& of, double across, std::string_view style, const std::string& title,
              double apart) const {
    drawing.body += fmt::format("<g><title>{}</title>\n", escaped(title));
    const OutcomeRate& rate = of[Outcome::critical];
    interval(rate.faults, across + apart, "faults", 1);
    mark(rate.faults, across + apart, "faults", 2.5);
    interval(rate.images, across - apart, style, 2);
    mark(rate.images, across - apart, style, 3.2);
    drawing.body += "</g>\n";
  }
};

void draw_key(Drawing& drawing, double x, double y,
              const std::vector<std::pair<std::string, std::string>>& marks) {
  const RateAxis unused({}, 1);
  for (const auto& [style, text] : marks) {
    const MarkWriter writer{drawing, unused, x, x, true};
    const bool is_share = style == "faults";
    drawing.line(x - 8, y, x + 8, y, style);
    writer.mark({}, y, style, is_share ? 2.5 : 3.2);
    drawing.text(x + 13, y + 4, "start", text);
    x += 34 + 6 * static_cast<double>(text.size());
  }
}

// Of a field: pages have a style for each field of a float.
std::string style_of(std::string_view field) {
  return field == "magnitude" ? "mantissa" : std::string(field);
}

// "31 is the sign, 30 to 23 the exponent, 22 to 0 the mantissa."
std::string fields_description(StorageFormat storage) {
  std::string text;
  for (const BitGroup& group : bit_groups(storage)) {
    text += group.first_bit == group.last_bit
                ? fmt::format("{} is the {}", group.last_bit, group.name)
                : fmt::format(", {} to {} the {}", group.last_bit, group.first_bit, group.name);
  }
  return text + ".";
}

std::string scale_text(const RateAxis& axis) { return axis.is_logarithmic() ? ", log scale" : ""; }

}  // namespace

Drawing bits_drawing(const ReportStatistics& statistics) {
  constexpr double kLeft = 62, kColumn = 22, kTop = 78, kPlot = 210;
  const StorageFormat storage = statistics.network.storage;
  const int bits = storage_bits(storage);
  constexpr double kLeast = 560;  // what the key of the marks takes
  const double columns = bits, right_end = kLeft + columns * kColumn;
  const RateAxis axis = axis_of(statistics.bits);
  Drawing drawing;
  drawing.name = "bits";
  drawing.title = "Critical rate by bit" + scale_text(axis);
  drawing.description = fields_description(storage);
  drawing.width = std::max(right_end, kLeast) + 16;
  drawing.height = kTop + kPlot + 44;
  drawing.text(8, 14, "start", drawing.title, "ti");
  std::vector<std::pair<std::string, std::string>> marks;
  for (const BitGroup& group : bit_groups(storage))
    marks.emplace_back(style_of(group.name), fmt::format("images ({})", group.name));
  marks.emplace_back("faults", "faults that hurt at least one image");
  draw_key(drawing, 18, 34, marks);
  for (const RateAxis::Tick& tick : axis.ticks()) {
    const double y = kTop + kPlot * (1 - tick.at);
    drawing.line(kLeft, y, right_end, y, "gr");
    drawing.text(kLeft - 6, y + 4, "end", tick.label);
  }
  for (const BitGroup& group : bit_groups(storage)) {
    const double left = kLeft + (columns - 1 - group.last_bit) * kColumn,
                 right = kLeft + (columns - group.first_bit) * kColumn;
    if (group.first_bit == group.last_bit) {
      drawing.text(right - 3, kTop - 12, "end", group.name);
    } else {
      drawing.text((left + right) / 2, kTop - 12, "middle", group.name);
    }
    if (group.first_bit > 0) drawing.line(right, kTop - 22, right, kTop + kPlot, "ax");
  }
  const MarkWriter writer{drawing, axis, kTop + kPlot, kTop, false};
  for (int bit = 0; bit < bits; ++bit)
    drawing.text(kLeft + (columns - 0.5 - bit) * kColumn, kTop + kPlot + 16, "middle", std::to_string(bit));
  drawing.text((kLeft + right_end) / 2, kTop + kPlot + 36, "middle", "bit");
  for (const StatisticsDomain& bit : statistics.bits) {
    if (bit.faults == 0) continue;
    writer.domain(bit, kLeft + (columns - 0.5 - bit.bit_first) * kColumn, style_of(field_text(bit)),
                  rate_title(bits_text(bit), bit), 4);
  }
  return drawing;
}

Drawing layers_drawing(const ReportStatistics& statistics) {
  constexpr double kTop = 58, kWidth = 782, kCharacters = 6.2;
  constexpr size_t kLongest = 26, kMany = 60;
  const RateAxis axis = axis_of(statistics.layers);
  const double row_height = statistics.layers.size() > kMany ? 14 : 20;
  size_t longest = 5;
  for (const StatisticsDomain& layer : statistics.layers)
    longest = std::max(longest, text_width(shortened(layer.layer, kLongest)));
  const double left = 12 + kCharacters * static_cast<double>(longest);
  const double plot = kWidth - 30 - left;
  const double bottom = kTop + row_height * static_cast<double>(statistics.layers.size());
  Drawing drawing;
  drawing.name = "layers";
  drawing.title = "Critical rate by layer" + scale_text(axis);
  drawing.description = "Layers in the order of the model.";
  drawing.width = kWidth;
  drawing.height = bottom + 26;
  drawing.first_row = kTop;
  drawing.row_height = row_height;
  drawing.text(8, 14, "start", drawing.title, "ti");
  draw_key(drawing, 18, 34, {{"all", "images"}, {"faults", "faults that hurt at least one image"}});
  for (const RateAxis::Tick& tick : axis.ticks()) {
    const double x = left + plot * tick.at;
    drawing.line(x, kTop, x, bottom, "gr");
    drawing.text(x, bottom + 16, "middle", tick.label);
    if (statistics.layers.size() > kMany) drawing.text(x, kTop - 5, "middle", tick.label);
  }
  const MarkWriter writer{drawing, axis, left, left + plot, true};
  for (size_t i = 0; i < statistics.layers.size(); ++i) {
    const StatisticsDomain& layer = statistics.layers[i];
    const double y = kTop + row_height * (static_cast<double>(i) + 0.5);
    drawing.text(left - 6, y + 4, "end", shortened(layer.layer, kLongest));
    if (layer.faults > 0) writer.domain(layer, y, "all", rate_title(layer.layer, layer), row_height / 6);
  }
  return drawing;
}

}  // namespace tf_injector::detail
