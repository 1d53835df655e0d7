// Which class a decision turned from, and to which.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "answers/number_text.hpp"
#include "answers/pictures/drawing.hpp"
#include "answers/pictures/palette.hpp"
#include "core/elementary.hpp"

namespace tf_injector::detail {
namespace {

constexpr int64_t kMostDrawnClasses = 100;
constexpr int64_t kMostNumberedClasses = 16;  // up to here each cell shows its number
constexpr double kMapWidth = 620;

// Counts -> levels of colour, in equal steps of their logarithms.
int count_level(int64_t count, int64_t most) {
  if (count <= 0) return 0;
  const double share =
      natural_log(static_cast<double>(count)) / natural_log(static_cast<double>(std::max<int64_t>(most, 2)));
  return std::clamp(1 + static_cast<int>(share * (kColorLevels - 1) + 0.5), 1, kColorLevels);
}

}  // namespace

bool has_confusion_drawing(const DetailStatistics& details) {
  return details.class_count > 1 && details.class_count <= kMostDrawnClasses;
}

Drawing confusion_drawing(const DetailStatistics& details) {
  constexpr double kLeft = 96, kTop = 74;
  const int64_t classes = details.class_count;
  const double width = std::floor(std::clamp(kMapWidth / static_cast<double>(classes), 6.0, 56.0));
  const double height = std::clamp(width, 6.0, 26.0);
  const double right = kLeft + width * static_cast<double>(classes);
  const double bottom = kTop + height * static_cast<double>(classes);
  const int64_t most = *std::max_element(details.confusion.begin(), details.confusion.end());
  const int64_t step = classes <= 32 ? 1 : 10;  // of the classes that are named
  Drawing drawing;
  drawing.name = "confusion";
  drawing.title = "Changed decisions by the class without the fault and the class with it";
  drawing.description = fmt::format("Pairs of fault and image; at most {}.", grouped(most));
  drawing.width = std::max(right + 16, 560.0);
  drawing.height = bottom + 12;
  drawing.text(8, 14, "start", drawing.title, "ti");
  drawing.text(8, 34, "start",
               fmt::format("pairs of fault and image, darker or lighter by their logarithm, at most {}",
                           grouped(most)));
  drawing.text((kLeft + right) / 2, kTop - 20, "middle", "class with the fault");
  drawing.text(8, kTop - 5, "start", "class without");
  for (int64_t i = 0; i < classes; i += step) {
    drawing.text(kLeft + width * (static_cast<double>(i) + 0.5), kTop - 5, "middle", std::to_string(i));
    drawing.text(kLeft - 6, kTop + height * (static_cast<double>(i) + 0.5) + 4, "end", std::to_string(i));
  }
  for (int64_t golden = 0; golden < classes; ++golden) {
    for (int64_t faulty = 0; faulty < classes; ++faulty) {
      const int64_t count = details.confusion[static_cast<size_t>(golden * classes + faulty)];
      if (golden == faulty) continue;  // no change
      const double x = kLeft + width * static_cast<double>(faulty),
                   y = kTop + height * static_cast<double>(golden);
      const int level = count_level(count, most);
      if (level == 0 && classes > kMostNumberedClasses) continue;
      const bool numbered = classes <= kMostNumberedClasses;
      drawing.rect(x + 0.5, y + 0.5, width - 1, height - 1, fmt::format("c{}", level),
                   numbered ? "" : fmt::format("{} to {}: {}", golden, faulty, grouped(count)));
      if (numbered)
        drawing.text(x + width / 2, y + height / 2 + 4, "middle", grouped(count), style_on_level(level));
    }
  }
  return drawing;
}

}  // namespace tf_injector::detail
