#include "answers/page/table_parts.hpp"

#include <fmt/format.h>

#include "answers/number_text.hpp"
#include "answers/safe_text.hpp"

namespace tf_injector::detail {

std::string table_start(const std::string& style, const std::string& caption,
                        const std::vector<HtmlColumn>& columns) {
  std::string html =
      fmt::format("<table class=\"{}\">\n<caption>{}</caption>\n<thead><tr>", style, html_text(caption));
  for (const HtmlColumn& column : columns)
    html += fmt::format("<th scope=\"col\"{}>{}</th>", column.is_text ? " class=\"text\"" : "",
                        html_text(column.title));
  return html + "</tr></thead>\n<tbody>\n";
}

std::string number_cell(double value, const std::string& text) {
  return fmt::format("<td data-s=\"{:.6g}\">{}</td>", value, html_text(text));
}

std::string count_cell(int64_t count) { return number_cell(static_cast<double>(count), grouped(count)); }

std::string share_cells(const Share& share) {
  const ShareText text = percent_text(share);
  return number_cell(share.estimate, text.estimate) + number_cell(share.high, interval_text(text));
}

std::string html_text(std::string_view text) {
  std::string html = escaped(text);
  const auto replace_all = [&](std::string_view what, std::string_view with) {
    for (size_t at = html.find(what); at != std::string::npos; at = html.find(what, at + with.size()))
      html.replace(at, what.size(), with);
  };
  replace_all(" %", "\u00a0%");
  if (html.starts_with("-") && html.size() > 1 && html[1] >= '0' && html[1] <= '9')
    html.replace(0, 1, "\u2212");
  return html;
}

}  // namespace tf_injector::detail
