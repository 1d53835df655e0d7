#include "answers/text_writer.hpp"

#include <algorithm>

#include "answers/safe_text.hpp"

namespace tf_injector::detail {

TextWriter::TextWriter(const StatisticsTextOptions& options)
    : columns_(static_cast<size_t>(std::max(options.columns, 60))), color_(options.color) {}

void TextWriter::paragraph(const std::string& words, const std::string& indent, bool is_bold) {
  const std::string text = safe_text(words);
  std::string line;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find(' ', at), text.size());
    const std::string word = text.substr(at, end - at);
    at = end + 1;
    if (!line.empty() && text_width(line) + 1 + text_width(word) > columns_) {
      end_line(line, is_bold);
      line = indent + word;
    } else {
      line += line.empty() || line == indent ? word : " " + word;
    }
  }
  end_line(line, is_bold);
}

}  // namespace tf_injector::detail
