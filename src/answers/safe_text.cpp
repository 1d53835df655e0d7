#include "answers/safe_text.hpp"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "core/utf8.hpp"

namespace tf_injector::detail {
namespace {

constexpr char32_t kReplacement = 0xFFFD;

bool is_unsafe(char32_t point) {
  const bool is_no_character = (point & 0xFFFE) == 0xFFFE || (point >= 0xFDD0 && point <= 0xFDEF);
  return is_obeyed(point) || is_no_character;
}

void append(std::string& text, char32_t point) {
  const auto add = [&](char32_t byte) { text += static_cast<char>(static_cast<uint8_t>(byte)); };
  if (point < 0x80) return add(point);
  if (point < 0x800) return add(0xC0 | point >> 6), add(0x80 | (point & 0x3F));
  if (point < 0x10000) {
    add(0xE0 | point >> 12);
  } else {
    add(0xF0 | point >> 18);
    add(0x80 | (point >> 12 & 0x3F));
  }
  add(0x80 | (point >> 6 & 0x3F));
  add(0x80 | (point & 0x3F));
}

std::vector<char32_t> points_of(std::string_view text) {
  std::vector<char32_t> points;
  while (!text.empty()) {
    const Utf8Character next = first_character(text);
    points.push_back(!next.point || is_unsafe(*next.point) ? kReplacement : *next.point);
    text.remove_prefix(next.bytes);
  }
  return points;
}

size_t width_of(char32_t point) {
  const bool is_wide = (point >= 0x1100 && point <= 0x115F) || (point >= 0x2E80 && point <= 0xA4CF) ||
                       (point >= 0xAC00 && point <= 0xD7A3) || (point >= 0xF900 && point <= 0xFAFF) ||
                       (point >= 0xFE30 && point <= 0xFE6F) || (point >= 0xFF00 && point <= 0xFF60) ||
                       (point >= 0x1F300 && point <= 0x1FAFF) || (point >= 0x20000 && point <= 0x3FFFD);
  const bool is_joined = (point >= 0x300 && point <= 0x36F) || point == 0x200B || point == 0x200D ||
                         (point >= 0xFE00 && point <= 0xFE0F);
  return is_joined ? 0 : is_wide ? 2 : 1;
}

}  // namespace

std::string safe_text(std::string_view text) {
  std::string result;
  for (const char32_t point : points_of(text)) append(result, point);
  return result;
}

std::string escaped(std::string_view text) {
  std::string result;
  for (const char character : safe_text(text)) {
    switch (character) {
      case '&':
        result += "&amp;";
        break;
      case '<':
        result += "&lt;";
        break;
      case '>':
        result += "&gt;";
        break;
      case '"':
        result += "&quot;";
        break;
      case '\'':
        result += "&#39;";
        break;
      default:
        result += character;
    }
  }
  return result;
}

std::string shortened(std::string_view text, size_t longest) {
  const std::vector<char32_t> points = points_of(text);
  size_t width = 0;
  for (const char32_t point : points) width += width_of(point);
  std::string result;
  if (width <= longest || longest < 3) {
    for (const char32_t point : points) append(result, point);
    return result;
  }
  // The end tells layers of nested models apart: it gets the larger half.
  const size_t room = longest - 1;
  size_t front = 0, taken = 0, back = points.size();
  while (taken + width_of(points[front]) <= room / 2) taken += width_of(points[front++]);
  while (back > front && taken + width_of(points[back - 1]) <= room) taken += width_of(points[--back]);
  for (size_t i = 0; i < front; ++i) append(result, points[i]);
  result += "\u2026";
  for (size_t i = back; i < points.size(); ++i) append(result, points[i]);
  return result;
}

size_t text_width(std::string_view text) {
  size_t width = 0;
  for (const char32_t point : points_of(text)) width += width_of(point);
  return width;
}

}  // namespace tf_injector::detail
