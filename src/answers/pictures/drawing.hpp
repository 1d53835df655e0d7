// A picture as SVG elements, before it becomes a file or a part of a page.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tf_injector/report_statistics.hpp"

namespace tf_injector::detail {

struct Drawing {
  std::string name = {};         // of the file, and of its place in the page
  std::string title = {};        // what is shown
  std::string description = {};  // what can be seen, for those who do not see it
  std::string attributes = {};   // of the <svg> in a page: ' data-x="120"'
  double width = 0, height = 0;
  // Of a picture of equal rows, which may be cut between them: where the first begins. 0: not to be cut.
  double first_row = 0, row_height = 0;
  std::string body = {};

  // x and y in units of the picture, right of which (anchor "start"), around which ("middle") or left of
  // which
  // ("end") the text stands; it is escaped here.
  void text(double x, double y, std::string_view anchor, std::string_view text, std::string_view style = "t");
  void line(double x1, double y1, double x2, double y2, std::string_view style);
  void rect(double x, double y, double w, double h, std::string_view style, std::string_view hint = "");
};

// Coordinates with at most one decimal: "12", "12.5".
[[nodiscard]] std::string coordinate(double value);

// A file of its own: white background, fonts of any system.
[[nodiscard]] std::string standalone_svg(const Drawing& drawing);
// For a page that has the rules of palette.hpp.
[[nodiscard]] std::string inline_svg(const Drawing& drawing);
// The same in bands from top to bottom, cut between rows, none higher than `most` times its width: for paper.
// They show the element of inline_svg, which stands in the same page.
[[nodiscard]] std::string band_svgs(const Drawing& drawing, double most);

// Layer x bit; its attributes say where the cells are (data-x, data-y, data-w, data-h, of the first and of
// each).
[[nodiscard]] Drawing heatmap_drawing(const ReportStatistics& statistics);
[[nodiscard]] Drawing bits_drawing(const ReportStatistics& statistics);
[[nodiscard]] Drawing layers_drawing(const ReportStatistics& statistics);
[[nodiscard]] Drawing distribution_drawing(const ReportStatistics& statistics);
[[nodiscard]] Drawing classes_drawing(const DetailStatistics& details);
// Changed decisions by the class without the fault and the class with it: for networks of not too many.
[[nodiscard]] bool has_confusion_drawing(const DetailStatistics& details);
[[nodiscard]] Drawing confusion_drawing(const DetailStatistics& details);

}  // namespace tf_injector::detail
