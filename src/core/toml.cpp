#include "core/toml.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "core/printable.hpp"
#include "core/utf8.hpp"

namespace tf_injector::detail {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

bool is_decimal(char c) { return c >= '0' && c <= '9'; }
bool is_key_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_decimal(c) || c == '-' || c == '_';
}
bool is_toml_control(char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F; }

// Digits, with single underscores between them; nothing if there are none.
std::optional<std::string> take_digits(std::string_view& text) {
  std::string digits;
  while (!text.empty()) {
    const bool is_separator = text[0] == '_' && !digits.empty() && text.size() > 1 && is_decimal(text[1]);
    if (!is_decimal(text[0]) && !is_separator) break;
    if (!is_separator) digits += text[0];
    text.remove_prefix(1);
  }
  if (digits.empty()) return std::nullopt;
  return digits;
}

bool take(std::string_view& text, char c) {
  if (text.empty() || text[0] != c) return false;
  text.remove_prefix(1);
  return true;
}

// An integer or a float in decimal, without its underscores; nothing if the word is none.
std::optional<std::string> number_of(std::string_view word) {
  std::string number = take(word, '-') ? "-" : "";
  if (number.empty()) take(word, '+');
  const std::optional<std::string> whole = take_digits(word);
  if (!whole || (whole->size() > 1 && whole->front() == '0')) return std::nullopt;
  number += *whole;
  if (take(word, '.')) {
    const std::optional<std::string> digits = take_digits(word);
    if (!digits) return std::nullopt;
    number += "." + *digits;
  }
  if (take(word, 'e') || take(word, 'E')) {
    number += 'e';
    if (take(word, '-')) {
      number += '-';
    } else {
      take(word, '+');
    }
    const std::optional<std::string> digits = take_digits(word);
    if (!digits) return std::nullopt;
    number += *digits;
  }
  if (!word.empty()) return std::nullopt;
  return number;
}

void append_utf8(std::string& text, char32_t point) {
  if (point < 0x80) {
    text += static_cast<char>(point);
    return;
  }
  const int more = point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
  constexpr unsigned char kFirst[] = {0, 0xC0, 0xE0, 0xF0};
  text += static_cast<char>(kFirst[more] | static_cast<unsigned char>(point >> (6 * more)));
  for (int i = more - 1; i >= 0; --i) text += static_cast<char>(0x80 | ((point >> (6 * i)) & 0x3F));
}

class TomlReader {
 public:
  explicit TomlReader(std::string_view text) : text_(text) {
    if (text_.starts_with(kByteOrderMark)) line_begin_ = at_ = kByteOrderMark.size();
  }

  std::vector<TomlEntry> entries() {
    require_text();
    std::vector<TomlEntry> entries;
    while (skip_blank_lines()) {
      const size_t begin = at_;
      TomlEntry entry = next_entry();
      for (const TomlEntry& other : entries) {
        if (other.key == entry.key)
          fail(begin, entry.line,
               fmt::format("'{}' stands in line {} already", printable(entry.key), other.line));
      }
      entries.push_back(std::move(entry));
    }
    return entries;
  }

 private:
  [[noreturn]] void fail(const std::string& problem) const {
    throw TomlError(line_, static_cast<int>(at_ - line_begin_) + 1, problem);
  }
  [[noreturn]] void fail(size_t at, int line, const std::string& problem) const {
    const size_t begin = at == 0 ? std::string_view::npos : text_.rfind('\n', at - 1);
    throw TomlError(line, static_cast<int>(begin == std::string_view::npos ? at : at - begin - 1) + 1,
                    problem);
  }
  [[noreturn]] void fail_expected(const char* what) const {
    fail(fmt::format("expected {}, found {}", what, found()));
  }
  std::string found() const {
    if (is_line_end()) return is_end() ? "the end of the file" : "the end of the line";
    size_t end = at_;
    while (end < text_.size() && std::string_view(" \t\r\n,]#=").find(text_[end]) == std::string_view::npos)
      ++end;
    return fmt::format("'{}'", printable(text_.substr(at_, std::max<size_t>(end - at_, 1))));
  }

  // Every line is UTF-8 without control characters.
  void require_text() {
    while (!is_end()) {
      if (text_[at_] == '\n') {
        next_line();
        continue;
      }
      const Utf8Character character = first_character(text_.substr(at_));
      if (!character.point) fail("no UTF-8");
      if (is_toml_control(text_[at_]) && !is_line_end())
        fail(text_[at_] == '\0' ? "NUL byte" : "control character");
      at_ += character.bytes;
    }
    at_ = line_begin_ = text_.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0;
    line_ = 1;
  }

  [[nodiscard]] bool is_end() const { return at_ == text_.size(); }
  [[nodiscard]] bool is_line_end() const {
    return is_end() || text_[at_] == '\n' || text_.substr(at_).starts_with("\r\n");
  }
  [[nodiscard]] char here() const { return is_end() ? '\0' : text_[at_]; }
  void next_line() {
    ++at_;
    ++line_;
    line_begin_ = at_;
  }
  void skip_spaces() {
    while (here() == ' ' || here() == '\t') ++at_;
  }
  // The rest of a line behind what counts: spaces and a comment.
  void skip_to_line_end() {
    skip_spaces();
    if (here() == '#') {
      while (!is_line_end()) ++at_;
    }
  }
  // False at the end of the text.
  bool skip_blank_lines() {
    for (;;) {
      skip_to_line_end();
      if (is_end()) return false;
      if (!is_line_end()) return true;
      if (text_[at_] == '\r') ++at_;
      next_line();
    }
  }

  TomlEntry next_entry() {
    if (here() == '[') fail("tables are not read here; write every key without one");
    TomlEntry entry{.key = key(), .line = line_, .is_list = false, .values = {}};
    skip_spaces();
    if (here() == '.') fail("dotted keys are not read here");
    if (here() != '=') fail_expected("'=' behind the key");
    ++at_;
    skip_spaces();
    if (here() == '[') {
      entry.is_list = true;
      entry.values = list();
    } else {
      entry.values.push_back(value());
    }
    skip_to_line_end();
    if (!is_line_end()) fail_expected("the end of the line");
    return entry;
  }

  std::string key() {
    if (here() == '"' || here() == '\'') return quoted();
    const size_t begin = at_;
    while (is_key_character(here())) ++at_;
    if (at_ == begin) fail_expected("a key");
    return std::string(text_.substr(begin, at_ - begin));
  }

  std::vector<TomlValue> list() {
    std::vector<TomlValue> values;
    ++at_;
    for (;;) {
      if (!skip_blank_lines()) fail_expected("']'");
      if (here() == ']') break;
      if (here() == '[') fail("lists of lists are not read here");
      values.push_back(value());
      if (!skip_blank_lines()) fail_expected("',' or ']'");
      if (here() == ']') break;
      if (here() != ',') fail_expected("',' or ']'");
      ++at_;
    }
    ++at_;
    return values;
  }

  TomlValue value() {
    using Kind = TomlValue::Kind;
    if (here() == '"' || here() == '\'') return {Kind::text, quoted()};
    if (here() == '{') fail("inline tables are not read here");
    size_t end = at_;
    while (end < text_.size() && (is_key_character(text_[end]) || text_[end] == '+' || text_[end] == '.'))
      ++end;
    const std::string_view word = text_.substr(at_, end - at_);
    TomlValue value{Kind::boolean, std::string(word)};
    if (word != "true" && word != "false") {
      const std::optional<std::string> number = number_of(word);
      if (!number) fail_expected("a value: \"text\" in quotes, a number, true, false or a list of them");
      value = {Kind::number, *number};
    }
    at_ = end;
    return value;
  }

  std::string quoted() {
    const char quote = here();
    if (text_.substr(at_).starts_with(std::string(3, quote)))
      fail("texts of several lines are not read here");
    ++at_;
    std::string text;
    while (here() != quote || is_end()) {
      if (is_line_end()) fail_expected("the closing quote");
      if (quote == '"' && here() == '\\') {
        escape(text);
      } else {
        text += text_[at_++];
      }
    }
    ++at_;
    return text;
  }

  void escape(std::string& text) {
    constexpr std::string_view kLetters = "btnfr\"\\";
    constexpr std::string_view kMeanings = "\b\t\n\f\r\"\\";
    const char letter = at_ + 1 < text_.size() ? text_[at_ + 1] : '\0';
    if (const size_t found = kLetters.find(letter); found != std::string_view::npos) {
      text += kMeanings[found];
      at_ += 2;
      return;
    }
    const size_t digits = letter == 'u' ? 4 : letter == 'U' ? 8 : 0;
    char32_t point = 0;
    for (size_t i = 0; i < digits; ++i) {
      constexpr std::string_view kHex = "0123456789abcdef0123456789ABCDEF";
      const size_t at = at_ + 2 + i;
      const size_t digit = at < text_.size() ? kHex.find(text_[at]) : std::string_view::npos;
      if (digit == std::string_view::npos) fail("this escape is not TOML's");
      point = point << 4 | static_cast<char32_t>(digit % 16);
    }
    const bool is_surrogate = point >= 0xD800 && point <= 0xDFFF;
    if (digits == 0 || point > 0x10FFFF || is_surrogate) fail("this escape is not TOML's");
    if (point == 0) fail("NUL in a text");
    append_utf8(text, point);
    at_ += 2 + digits;
  }

  std::string_view text_;
  size_t at_ = 0, line_begin_ = 0;
  int line_ = 1;
};

}  // namespace

TomlError::TomlError(int line, int column, const std::string& problem)
    : std::runtime_error(fmt::format("{}:{}: {}", line, column, problem)) {}

std::vector<TomlEntry> parse_toml(std::string_view text) { return TomlReader(text).entries(); }

std::string toml_value(std::string_view text) {
  constexpr size_t kMostDigits = 18;  // more may be none of TOML's integers
  const bool is_integer = text.find_first_not_of("-0123456789") == std::string_view::npos;
  if (is_integer && text.size() <= kMostDigits && number_of(text) == text) return std::string(text);
  std::string quoted = "\"";
  while (!text.empty()) {
    const Utf8Character character = first_character(text);
    if (character.point && is_obeyed(*character.point)) {
      quoted += fmt::format("\\U{:08X}", static_cast<uint32_t>(*character.point));
    } else {
      if (text[0] == '"' || text[0] == '\\') quoted += '\\';
      quoted += text.substr(0, character.bytes);
    }
    text.remove_prefix(character.bytes);
  }
  return quoted + "\"";
}

}  // namespace tf_injector::detail
