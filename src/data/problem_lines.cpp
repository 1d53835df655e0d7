#include "data/problem_lines.hpp"

#include <fmt/format.h>

#include "tf_injector/error.hpp"

namespace tf_injector::data {

void ProblemLines::add(std::string_view line) {
  if (++count_ > kShown) return;
  if (!lines_.empty()) lines_ += '\n';
  lines_ += line;
}

void ProblemLines::throw_if_any() const {
  if (count_ == 0) return;
  throw DatasetError(count_ > kShown ? fmt::format("{}\n... and {} more", lines_, count_ - kShown) : lines_);
}

std::string shown(std::string_view text) {
  constexpr size_t kLongest = 60;
  std::string result = "'";
  for (char c : text.substr(0, kLongest)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte >= 0x7F) {
      result += fmt::format("\\x{:02x}", byte);
    } else {
      result += c;
    }
  }
  return result + (text.size() > kLongest ? "...'" : "'");
}

}  // namespace tf_injector::data
