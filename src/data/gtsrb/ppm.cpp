#include "data/gtsrb/ppm.hpp"

#include <fmt/format.h>

#include <charconv>
#include <string_view>

#include "core/printable.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail::data {
namespace {

constexpr size_t kLongestToken = 10;  // Pillow's limit
constexpr int kLargestSide = 65535;
constexpr int kMaximum = 255;

bool is_white_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

// Parses the header byte by byte.
class HeaderReader {
 public:
  HeaderReader(std::string_view text, const std::string& label) : text_(text), label_(label) {}

  void read_magic() {
    if (!text_.starts_with("P6") || text_.size() < 3 || !is_white_space(text_[2])) {
      fail("starts with " + single_quoted(text_.substr(0, 3)) +
           "; expected 'P6' and white space (a binary PPM image)");
    }
    at_ = 3;
  }

  int read_number(std::string_view what, int largest) {
    const std::string token = read_token(what);
    int value = 0;
    const auto [end, error] = std::from_chars(token.data(), token.data() + token.size(), value);
    const bool is_number = error == std::errc{} && end == token.data() + token.size();
    if (!is_number || token.size() > kLongestToken || value < 1 || value > largest) {
      fail(fmt::format("{} {} in the header; expected 1..{}", what, single_quoted(token), largest));
    }
    return value;
  }

  [[nodiscard]] size_t position() const { return at_; }
  [[noreturn]] void fail(const std::string& problem) const { throw DatasetError(label_ + ": " + problem); }

 private:
  // Reads the next token and the one byte of white space after it. A comment inside a token does not end it.
  std::string read_token(std::string_view what) {
    std::string token;
    while (at_ < text_.size() && token.size() <= kLongestToken) {  // one byte more: too long
      const char c = text_[at_++];
      if (c == '#') {
        skip_comment();
      } else if (!is_white_space(c)) {
        token += c;
      } else if (!token.empty()) {
        break;
      }
    }
    if (token.empty())
      fail(fmt::format("ends in the header, before the {}; was it copied completely?", what));
    return token;
  }

  void skip_comment() {
    while (at_ < text_.size() && text_[at_] != '\r' && text_[at_] != '\n') ++at_;
    if (at_ < text_.size()) ++at_;  // skip the line end
  }

  std::string_view text_;
  const std::string& label_;
  size_t at_ = 0;
};

}  // namespace

RgbImage parse_ppm(std::span<const uint8_t> bytes, const std::string& label) {
  HeaderReader header({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, label);
  header.read_magic();
  RgbImage image;
  image.width = header.read_number("width", kLargestSide);
  image.height = header.read_number("height", kLargestSide);
  const int maximum = header.read_number("maximum", kLargestSide);
  if (maximum != kMaximum) {
    header.fail(fmt::format("samples of 0..{}; expected 0..{}, one byte each", maximum, kMaximum));
  }
  const size_t size = static_cast<size_t>(image.width) * static_cast<size_t>(image.height) * kRgbChannels;
  const std::span<const uint8_t> samples = bytes.subspan(header.position());
  if (samples.size() < size) {
    header.fail(fmt::format("{} bytes of samples; {} x {} x {} are {}; was it copied completely?",
                            samples.size(), image.width, image.height, kRgbChannels, size));
  }
  image.pixels.assign(samples.begin(), samples.begin() + static_cast<ptrdiff_t>(size));
  return image;
}

}  // namespace tf_injector::detail::data
