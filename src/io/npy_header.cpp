#include "io/npy_header.hpp"

#include <charconv>
#include <cstring>
#include <string_view>

#include "core/printable.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail {
namespace {

constexpr size_t kMaxHeader = size_t{1}
                              << 20;  // a shape and a dtype; NumPy itself refuses more than 10,000 by default
constexpr size_t kMaxRank = 64;       // NumPy 2; 32 before

// Parses the text of the header, a Python dictionary with exactly the keys descr, fortran_order and shape.
class HeaderText {
 public:
  HeaderText(std::string_view text, const std::string& label) : text_(text), label_(label) {}

  void parse(NpyHeader& header) {
    bool has_descr = false, has_order = false, has_shape = false;
    expect('{');
    while (!take('}')) {
      const std::string key = string();
      expect(':');
      if (key == "descr" && !has_descr) {
        has_descr = true;
        header.dtype = dtype();
      } else if (key == "fortran_order" && !has_order) {
        has_order = true;
        header.fortran_order = boolean();
      } else if (key == "shape" && !has_shape) {
        has_shape = true;
        header.shape = tuple();
      } else {
        fail("unexpected key '" + printable(key) + "'");
      }
      if (!take(',')) {
        expect('}');
        break;
      }
    }
    skip_blanks();
    if (at_ != text_.size()) fail("text after the dictionary");
    if (!has_descr || !has_order || !has_shape) fail("a key of descr, fortran_order, shape is missing");
  }

 private:
  [[noreturn]] void fail(const std::string& problem) const {
    throw_bad_array(label_,
                    "damaged .npy header: " + problem + " (character " + std::to_string(at_ + 1) + ")");
  }
  void skip_blanks() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\t')) ++at_;
  }
  bool take(char c) {
    skip_blanks();
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  void expect(char c) {
    if (!take(c)) fail(std::string("expected '") + c + "'");
  }
  bool take_word(std::string_view word) {
    skip_blanks();
    if (!text_.substr(at_).starts_with(word)) return false;
    at_ += word.size();
    return true;
  }
  std::string string() {
    skip_blanks();
    const char quote = at_ < text_.size() ? text_[at_] : '\0';
    if (quote != '\'' && quote != '"') fail("expected a string");
    const size_t end = text_.find(quote, at_ + 1);
    if (end == std::string_view::npos) fail("a string that does not end");
    const std::string value(text_.substr(at_ + 1, end - at_ - 1));
    at_ = end + 1;
    return value;
  }
  std::string dtype() {
    skip_blanks();
    if (at_ < text_.size() && text_[at_] == '[')
      throw_bad_array(label_, "a structured array; expected plain numbers");
    return string();
  }
  bool boolean() {
    if (take_word("True")) return true;
    if (!take_word("False")) fail("expected True or False");
    return false;
  }
  int64_t dimension() {
    skip_blanks();
    int64_t value = -1;
    const auto [end, error] = std::from_chars(text_.data() + at_, text_.data() + text_.size(), value);
    if (error != std::errc{} || value < 0) fail("expected a dimension from 0 to 2^63 - 1");
    at_ = static_cast<size_t>(end - text_.data());
    take('L');  // the suffix of Python 2's long integers
    return value;
  }
  std::vector<int64_t> tuple() {
    std::vector<int64_t> dims;
    expect('(');
    bool comma = true;
    while (!take(')')) {
      if (!comma) fail("expected ',' or ')'");
      dims.push_back(dimension());
      if (dims.size() > kMaxRank) fail("more than " + std::to_string(kMaxRank) + " dimensions");
      comma = take(',');
    }
    if (dims.size() == 1 && !comma) fail("expected a tuple");  // (3) is a number
    return dims;
  }

  std::string_view text_;
  const std::string& label_;
  size_t at_ = 0;
};

// "<f4" -> item and scalar sizes. The byte order is '<', '>' or '|' (none: single bytes).
void set_sizes(NpyHeader& header, const std::string& label) {
  const std::string& dtype = header.dtype;
  const auto unknown = [&](const std::string& why) {
    throw_bad_array(label, "dtype '" + printable(dtype) + "'" + why +
                               "; expected booleans, integers, floats or fixed-length text");
  };
  if (dtype.starts_with("|O")) unknown(" (Python objects) is refused: reading them runs code");
  if (dtype.size() < 3 || std::string_view("<>|").find(dtype[0]) == std::string_view::npos)
    unknown(" is not known");
  const char kind = dtype[1];
  uint32_t count = 0;
  const auto [end, error] = std::from_chars(dtype.data() + 2, dtype.data() + dtype.size(), count);
  if (error != std::errc{} || end != dtype.data() + dtype.size()) unknown(" is not known");
  bool good = false;
  header.item_size = header.scalar_size = count;
  switch (kind) {
    case 'b':
      good = count == 1;
      break;
    case 'i':
    case 'u':
      good = count == 1 || count == 2 || count == 4 || count == 8;
      break;
    case 'f':
      good = count == 2 || count == 4 || count == 8;
      break;
    case 'c':
      good = count == 8 || count == 16;
      header.scalar_size = count / 2;
      break;
    case 'S':
      good = count > 0;
      header.scalar_size = 1;
      break;
    case 'U':
      good = count > 0 && count < 1u << 28;
      header.item_size = size_t{4} * count;
      header.scalar_size = 4;
      break;
    default:
      break;
  }
  if (!good || (dtype[0] == '|' && header.scalar_size > 1)) unknown(" is not known");
}

}  // namespace

void throw_bad_array(const std::string& label, const std::string& problem) {
  throw Error(ErrorKind::bad_input, label + ": " + problem);
}

NpyHeader parse_npy_header(std::span<const uint8_t> bytes, const std::string& label) {
  constexpr size_t kMagic = 6;
  if (bytes.size() < 10 || std::memcmp(bytes.data(), "\x93NUMPY", kMagic) != 0) {
    throw_bad_array(label, "not an .npy array (it does not start with NumPy's signature)");
  }
  const int major = bytes[kMagic], minor = bytes[kMagic + 1];
  if (major < 1 || major > 3 || minor != 0) {
    throw_bad_array(label, ".npy format " + std::to_string(major) + "." + std::to_string(minor) +
                               "; expected 1.0, 2.0 or 3.0");
  }
  NpyHeader header;
  const size_t length_bytes = major == 1 ? 2 : 4;
  const size_t start = kMagic + 2 + length_bytes;
  size_t length = 0;
  for (size_t i = 0; i < length_bytes && kMagic + 2 + i < bytes.size(); ++i) {
    length |= static_cast<size_t>(bytes[kMagic + 2 + i]) << (8 * i);
  }
  if (start > bytes.size() || length > bytes.size() - start)
    throw_bad_array(label, "damaged: it ends inside its header");
  if (length > kMaxHeader)
    throw_bad_array(label, "damaged: a header of " + std::to_string(length) + " bytes");
  header.size = start + length;
  HeaderText(std::string_view(reinterpret_cast<const char*>(bytes.data()) + start, length), label)
      .parse(header);
  set_sizes(header, label);
  return header;
}

}  // namespace tf_injector::detail
