// How many faults change how many decisions; and which classes these go to.
#include <fmt/format.h>

#include <algorithm>

#include "answers/number_text.hpp"
#include "answers/pictures/drawing.hpp"
#include "answers/powers_of_ten.hpp"

namespace tf_injector::detail {

Drawing distribution_drawing(const ReportStatistics& statistics) {
  constexpr double kLeft = 62, kTop = 50, kPlot = 190, kColumn = 33;
  const auto& bins = statistics.distribution;
  const double bottom = kTop + kPlot, right = kLeft + kColumn * static_cast<double>(bins.size());
  const int64_t most = std::max<int64_t>(*std::max_element(bins.begin(), bins.end()), 1);
  const int decades = 1 + decade_of(static_cast<double>(most));
  // A count of one has a bar, of a tenth of a decade's height; none has none.
  const auto height = [&](double count) {
    return count < 1 ? 0 : kPlot * (0.1 + 0.9 * decimal_log(count) / decades);
  };
  Drawing drawing;
  drawing.name = "distribution";
  drawing.title = "Faults by the share of images whose decision they change, log scale";
  drawing.description =
      fmt::format("{} of {} faults change none.", grouped(bins[0]), grouped(statistics.network.faults));
  drawing.width = right + 16;
  drawing.height = bottom + 44;
  drawing.text(8, 14, "start", drawing.title, "ti");
  drawing.text(8, kTop - 18, "start", "faults");
  for (int decade = 0; decade <= decades; ++decade) {
    const double count = power_of_ten(decade), y = bottom - height(count);
    drawing.line(kLeft, y, right, y, "gr");
    drawing.text(kLeft - 6, y + 4, "end", grouped(static_cast<int64_t>(count)));
  }
  for (size_t i = 0; i < bins.size(); ++i) {
    const double x = kLeft + kColumn * static_cast<double>(i), tall = height(static_cast<double>(bins[i]));
    const std::string range =
        i == 0 ? "no image" : fmt::format("more than {} up to {} %", 5 * (i - 1), 5 * i);
    drawing.text(x + kColumn / 2, bottom + 15, "middle", i == 0 ? "none" : std::to_string(5 * i));
    if (bins[i] <= 0) continue;
    drawing.rect(x + 2, bottom - tall, kColumn - 4, tall, i == 0 ? "bar0" : "bar",
                 fmt::format("{}: {} faults", range, grouped(bins[i])));
    drawing.text(x + kColumn / 2, bottom - tall - 4, "middle", grouped(bins[i]));
  }
  drawing.line(kLeft, bottom, right, bottom, "ax");
  drawing.text((kLeft + right) / 2, bottom + 34, "middle", "images whose decision changes, up to ... %");
  return drawing;
}

Drawing classes_drawing(const DetailStatistics& details) {
  constexpr double kLeft = 80, kTop = 50, kPlot = 612, kRow = 20;
  constexpr size_t kMost = 30;
  const size_t rows = std::min(details.classes.size(), kMost);
  int64_t most = 1;
  for (const FlippedClass& flipped : details.classes) most = std::max(most, flipped.faults);
  Drawing drawing;
  drawing.name = "classes";
  drawing.title = "Classes that changed decisions go to";
  drawing.description = "Faults by the class that most of their changed decisions go to.";
  if (rows < details.classes.size()) drawing.description += fmt::format(" The first {}.", rows);
  drawing.width = kLeft + kPlot + 90;
  drawing.height = kTop + kRow * static_cast<double>(rows) + 12;
  drawing.text(8, 14, "start", drawing.title, "ti");
  drawing.text(8, 34, "start", drawing.description);
  for (size_t i = 0; i < rows; ++i) {
    const FlippedClass& flipped = details.classes[i];
    const double y = kTop + kRow * static_cast<double>(i);
    const double wide = kPlot * static_cast<double>(flipped.faults) / static_cast<double>(most);
    drawing.text(kLeft - 6, y + 14, "end", fmt::format("class {}", flipped.class_number));
    drawing.rect(kLeft, y + 3, wide, kRow - 6, "bar",
                 fmt::format("class {}: {} faults, {} decisions", flipped.class_number,
                             grouped(flipped.faults), grouped(flipped.images)));
    drawing.text(kLeft + wide + 6, y + 14, "start", grouped(flipped.faults));
  }
  return drawing;
}

}  // namespace tf_injector::detail
