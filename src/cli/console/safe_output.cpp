#include "cli/console/safe_output.hpp"

#include <algorithm>

#include "core/printable.hpp"

namespace tf_injector::detail::cli {
namespace {

std::string with_escaped_line_ends(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '\n') {
      escaped += "\\x0a";
    } else {
      escaped += c;
    }
  }
  return escaped;
}

// How many bytes at the end begin a UTF-8 character that they do not complete.
size_t begun_bytes(std::string_view text) {
  for (size_t back = 1; back <= std::min<size_t>(3, text.size()); ++back) {
    const auto byte = static_cast<unsigned char>(text[text.size() - back]);
    if (byte < 0x80) return 0;
    const size_t whole = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 0;
    if (whole != 0) return whole > back ? back : 0;
  }
  return 0;
}

}  // namespace

SafeText::SafeText(const std::vector<std::string>& words) {
  for (const std::string& word : words) {
    if (word.find('\n') == std::string::npos) continue;
    split_.push_back(word);
    const size_t value = word.find('=');  // --flag=value
    if (word.starts_with("-") && value != std::string::npos) split_.push_back(word.substr(value + 1));
  }
  std::sort(split_.begin(), split_.end(),
            [](const std::string& a, const std::string& b) { return a.size() > b.size(); });
}

std::string SafeText::operator()(std::string_view text) const {
  if (split_.empty()) return terminal_safe(text);
  std::string whole(text);
  for (const std::string& word : split_) {
    const std::string escaped = with_escaped_line_ends(word);
    for (size_t at = 0; (at = whole.find(word, at)) != std::string::npos; at += escaped.size())
      whole.replace(at, word.size(), escaped);
  }
  return terminal_safe(whole);
}

bool SafeOutput::write(std::string_view text) {
  const std::string safe = safe_(text);
  const auto size = static_cast<std::streamsize>(safe.size());
  return out_->sputn(safe.data(), size) == size;
}

std::streamsize SafeOutput::xsputn(const char* text, std::streamsize size) {
  const std::string joined = begun_ + std::string(text, static_cast<size_t>(size));
  const size_t begun = begun_bytes(joined);
  begun_ = joined.substr(joined.size() - begun);
  return write(std::string_view(joined).substr(0, joined.size() - begun)) ? size : 0;
}

int SafeOutput::overflow(int c) {
  if (c == traits_type::eof()) return traits_type::not_eof(c);
  const char one = traits_type::to_char_type(c);
  return xsputn(&one, 1) == 1 ? c : traits_type::eof();
}

int SafeOutput::sync() {
  const bool written = begun_.empty() || write(begun_);
  begun_.clear();
  return written && out_->pubsync() == 0 ? 0 : -1;
}

}  // namespace tf_injector::detail::cli
