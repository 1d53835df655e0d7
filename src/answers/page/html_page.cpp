#include "answers/page/html_page.hpp"

#include <fmt/format.h>

#include "answers/page/assets.hpp"
#include "answers/page/table_parts.hpp"

namespace tf_injector::detail {
namespace {

std::string remarks_of(const std::vector<std::string>& remarks) {
  if (remarks.empty()) return "";
  std::string html =
      "<section class=\"remarks\" aria-labelledby=\"remarks\"><h2 id=\"remarks\">Before you read the "
      "numbers</h2><ul>\n";
  for (const std::string& remark : remarks) html += "<li>" + html_text(remark) + "</li>\n";
  return html + "</ul></section>\n";
}

std::string page_head(const std::string& title, const std::string& script) {
  const std::string style = page_style();
  return fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"{}\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"referrer\" "
      "content=\"no-referrer\">\n"
      "<title>{}</title>\n<style>{}</style>\n</head>\n",
      content_security_policy(style, script), html_text(title), style);
}

std::string page_header(const std::string& title, const std::string& answer,
                        const std::vector<PageSection>& sections) {
  std::string html = fmt::format(
      "<a class=\"skip\" href=\"#main\">To the content</a>\n<header>\n"
      "<div class=\"top\"><h1>{}</h1></div>\n{}<nav aria-label=\"Contents\"><ul>",
      html_text(title), answer);
  for (const PageSection& section : sections)
    html += fmt::format("<li><a href=\"#{}\">{}</a></li>", section.id, html_text(section.title));
  return html + "</ul></nav>\n</header>\n";
}

}  // namespace

std::string key_number(const std::string& name, const std::string& value, const std::string& remark) {
  return fmt::format("<div><dt>{}</dt><dd class=\"value\">{}</dd><dd>{}</dd></div>\n", html_text(name),
                     html_text(value), html_text(remark));
}

std::string scroll_box(const std::string& style, const std::string& label, const std::string& content) {
  return fmt::format("<div class=\"scroll {}\" tabindex=\"0\" role=\"region\" aria-label=\"{}\">\n{}</div>\n",
                     style, html_text(label), content);
}

std::string table_box(size_t rows) {
  constexpr size_t kShortTable = 40;
  return rows <= kShortTable ? "short" : "tall";
}

std::string figure_of(const Drawing& drawing, const std::string& style, const std::string& label,
                      const std::string& caption) {
  constexpr double kPaper = 1.2;  // height / width of what fits on a page of A4 or Letter below a heading
  const bool is_short = drawing.height < 700;
  std::string html = fmt::format("<figure class=\"{}\">\n", is_short ? "short" : "long");
  html += scroll_box(style + (is_short ? "" : " tall"), label, inline_svg(drawing));
  const bool is_cut = drawing.row_height > 0 && drawing.height > kPaper * drawing.width;
  if (is_cut) html += "<div class=\"bands\">\n" + band_svgs(drawing, kPaper) + "</div>\n";
  if (!caption.empty()) html += "<figcaption>" + html_text(caption) + "</figcaption>";
  return html + "</figure>\n";
}

std::string html_page(const std::string& title, const std::string& answer, const std::string& key_numbers,
                      const std::vector<std::string>& remarks, const std::vector<PageSection>& sections,
                      int last_bit) {
  const std::string script = page_script(last_bit);
  std::string html = page_head(title, script) + "<body>\n" + page_header(title, answer, sections);
  html += "<main id=\"main\">\n";
  if (!key_numbers.empty()) html += "<section aria-label=\"Key numbers\">\n" + key_numbers + "</section>\n";
  html += remarks_of(remarks);
  for (const PageSection& section : sections)
    html += fmt::format("<section aria-labelledby=\"{}\">\n<h2 id=\"{}\">{}</h2>\n{}</section>\n", section.id,
                        section.id, html_text(section.title), section.content);
  html += "</main>\n";
  html += fmt::format("<script>{}</script>\n</body>\n</html>\n", script);
  return html;
}

}  // namespace tf_injector::detail
