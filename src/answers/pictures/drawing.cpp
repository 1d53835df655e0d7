#include "answers/pictures/drawing.hpp"

#include <fmt/format.h>

#include <cmath>

#include "answers/pictures/palette.hpp"
#include "answers/safe_text.hpp"

namespace tf_injector::detail {
namespace {

constexpr std::string_view kFonts =
    "system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,'Liberation Sans',sans-serif";

std::string view_box(const Drawing& drawing) {
  return fmt::format(R"(viewBox="0 0 {} {}" width="{}" height="{}")", coordinate(drawing.width),
                     coordinate(drawing.height), coordinate(drawing.width), coordinate(drawing.height));
}

}  // namespace

std::string coordinate(double value) {
  std::string text = fmt::format("{:.1f}", value);
  if (text.ends_with(".0")) text.resize(text.size() - 2);
  return text == "-0" ? "0" : text;
}

void Drawing::text(double x, double y, std::string_view anchor, std::string_view text,
                   std::string_view style) {
  body += fmt::format(R"(<text class="{}" x="{}" y="{}")", style, coordinate(x), coordinate(y));
  if (anchor != "start") body += fmt::format(R"( text-anchor="{}")", anchor);
  body += fmt::format(">{}</text>\n", escaped(text));
}

void Drawing::line(double x1, double y1, double x2, double y2, std::string_view style) {
  body += fmt::format(R"(<path class="{}" d="M{} {}L{} {}"/>)"
                      "\n",
                      style, coordinate(x1), coordinate(y1), coordinate(x2), coordinate(y2));
}

void Drawing::rect(double x, double y, double w, double h, std::string_view style, std::string_view hint) {
  body += fmt::format(R"(<rect class="{}" x="{}" y="{}" width="{}" height="{}")", style, coordinate(x),
                      coordinate(y), coordinate(w), coordinate(h));
  body += hint.empty() ? "/>\n" : fmt::format("><title>{}</title></rect>\n", escaped(hint));
}

std::string standalone_svg(const Drawing& drawing) {
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<svg xmlns=\"http://www.w3.org/2000/svg\" {} role=\"img\" font-family=\"{}\">\n"
      "<title>{}</title>\n<desc>{}</desc>\n<style>{}</style>\n"
      "<rect class=\"bg\" width=\"{}\" height=\"{}\"/>\n{}</svg>\n",
      view_box(drawing), kFonts, escaped(drawing.title), escaped(drawing.description),
      standalone_picture_rules(), coordinate(drawing.width), coordinate(drawing.height), drawing.body);
}

std::string inline_svg(const Drawing& drawing) {
  return fmt::format("<svg {} role=\"img\" aria-label=\"{}\"{}>\n<g id=\"{}-picture\">\n{}</g></svg>\n",
                     view_box(drawing), escaped(drawing.title + ". " + drawing.description),
                     drawing.attributes, drawing.name, drawing.body);
}

std::string band_svgs(const Drawing& drawing, double most) {
  const double highest = most * drawing.width;
  std::string bands;
  for (double y = 0; y < drawing.height;) {
    double end = drawing.height;
    if (end - y > highest) {
      const double rows = std::floor((y + highest - drawing.first_row) / drawing.row_height);
      end = drawing.first_row + rows * drawing.row_height;
    }
    bands += fmt::format(
        "<svg aria-hidden=\"true\" viewBox=\"0 {} {} {}\" width=\"{}\" height=\"{}\"><use "
        "href=\"#{}-picture\"/></svg>\n",
        coordinate(y), coordinate(drawing.width), coordinate(end - y), coordinate(drawing.width),
        coordinate(end - y), drawing.name);
    y = end;
  }
  return bands;
}

}  // namespace tf_injector::detail
