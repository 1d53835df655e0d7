#include "keras/lambda_code.hpp"

#include <fmt/format.h>

#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <string_view>
#include <vector>

namespace tf_injector::detail::keras {
namespace {

using Bytes = std::span<const uint8_t>;

// Reads the part of Python's marshal format (Lib/test/test_marshal.py, Python/marshal.c) that comes before
// the names of a code object. Anything else sets `bad`; then values are meaningless.
class MarshalReader {
 public:
  explicit MarshalReader(Bytes bytes) : bytes_(bytes) {}

  bool bad = false;

  // The type of the next object, without the flag for later references to it.
  char type() { return static_cast<char>(byte() & 0x7f); }
  uint8_t byte() { return at_ < bytes_.size() ? bytes_[at_++] : fail(); }
  int32_t integer() {
    uint32_t value = 0;
    for (int shift = 0; shift < 32; shift += 8) value |= uint32_t{byte()} << shift;
    return std::bit_cast<int32_t>(value);
  }
  double real() {
    uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 8) value |= uint64_t{byte()} << shift;
    return std::bit_cast<double>(value);
  }
  Bytes take(size_t size) {
    if (size > bytes_.size() - at_) fail();
    const Bytes taken = bad ? Bytes{} : bytes_.subspan(at_, size);
    at_ += taken.size();
    return taken;
  }
  void skip_back() { --at_; }

 private:
  uint8_t fail() {
    bad = true;
    return 0;
  }
  Bytes bytes_;
  size_t at_ = 0;
};

struct Code {
  Bytes instructions;          // pairs of operation and argument
  std::vector<double> values;  // constants; NaN if a constant is no number
};

double read_constant(MarshalReader& reader) {
  constexpr double kNoNumber = std::numeric_limits<double>::quiet_NaN();
  switch (reader.type()) {
    case 'N':
      return kNoNumber;
    case 'z':  // strings of up to 255 characters, and longer ones
    case 'Z':
      reader.take(reader.byte());
      return kNoNumber;
    case 'a':
    case 'A':
    case 'u':
    case 't':
      reader.take(static_cast<uint32_t>(reader.integer()));
      return kNoNumber;
    case 'i':
      return reader.integer();
    case 'g':
      return reader.real();
    default:
      reader.bad = true;
      return 0;
  }
}

std::optional<Code> read_code(Bytes bytes) {
  MarshalReader reader(bytes);
  if (reader.type() != 'c') return std::nullopt;
  constexpr int kNumbers = 5;  // numbers of arguments, flags, ...; Python 3.8 to 3.10 have one more
  for (int i = 0; i < kNumbers; ++i) reader.integer();
  if (reader.type() != 's') {
    reader.skip_back();
    reader.integer();
    if (reader.type() != 's') return std::nullopt;
  }
  Code code{.instructions = reader.take(static_cast<uint32_t>(reader.integer())), .values = {}};
  const char list = reader.type();
  if (list != ')' && list != '(') return std::nullopt;
  const int64_t count = list == ')' ? reader.byte() : reader.integer();
  for (int64_t i = 0; i < count && !reader.bad; ++i) code.values.push_back(read_constant(reader));
  if (reader.bad) return std::nullopt;
  return code;
}

enum class Operation { add, subtract, multiply, divide, unknown };

// The operation codes that matter in a range of Python versions (opcode.opmap); -1 if there is none.
struct Numbering {
  int load_argument, load_argument_twice, load_constant, negative, give_back, start, filler;
  std::array<int, 4> binary;  // in the order of Operation
  int binary_with_argument;   // since 3.11: one code, whose argument is the operation
};
constexpr std::array<int, 4> kArgumentOf{0, 10, 5, 11};  // in the order of Operation
constexpr Numbering kNumberings[] = {
    {124, -1, 100, 11, 83, -1, -1, {23, 24, 20, 27}, -1},   // 3.6 to 3.10
    {124, -1, 100, 11, 83, 151, 0, {-1, -1, -1, -1}, 122},  // 3.11, 3.12
    {85, 88, 83, 42, 36, 149, 0, {-1, -1, -1, -1}, 45},     // 3.13
};

Operation operation_of(const Numbering& numbers, int operation, int argument) {
  for (size_t i = 0; i < numbers.binary.size(); ++i) {
    const bool is_this = numbers.binary_with_argument >= 0
                             ? operation == numbers.binary_with_argument && argument == kArgumentOf[i]
                             : operation == numbers.binary[i];
    if (is_this) return static_cast<Operation>(i);
  }
  return Operation::unknown;
}

struct Term {
  AffineCode code;
  bool is_number = false;
  int binds = 2;  // precedence. 0: a sum, 1: a product or quotient, 2: neither
};

std::string in_brackets(const Term& term, bool needed) {
  return needed ? "(" + term.code.text + ")" : term.code.text;
}

std::optional<Term> combined(Operation operation, const Term& a, const Term& b) {
  Term result{.code = {}, .is_number = a.is_number && b.is_number, .binds = 0};
  AffineCode& code = result.code;
  const double sign = operation == Operation::subtract ? -1 : 1;
  switch (operation) {
    case Operation::add:
    case Operation::subtract:
      code.scale = a.code.scale + sign * b.code.scale;
      code.offset = a.code.offset + sign * b.code.offset;
      break;
    case Operation::multiply: {
      if (!a.is_number && !b.is_number) return std::nullopt;
      const Term& number = a.is_number ? a : b;
      const Term& other = a.is_number ? b : a;
      code.scale = other.code.scale * number.code.offset;
      code.offset = other.code.offset * number.code.offset;
      break;
    }
    case Operation::divide:
      if (!b.is_number) return std::nullopt;
      code.scale = a.code.scale / b.code.offset;
      code.offset = a.code.offset / b.code.offset;
      break;
    case Operation::unknown:
      return std::nullopt;
  }
  if (operation == Operation::multiply || operation == Operation::divide) result.binds = 1;
  constexpr const char* kSigns[] = {" + ", " - ", " * ", " / "};
  // A right operand of the same precedence needs brackets.
  code.text = in_brackets(a, a.binds < result.binds) + kSigns[static_cast<size_t>(operation)] +
              in_brackets(b, b.binds <= result.binds);
  return result;
}

std::optional<Term> run(const Code& code, const Numbering& numbers) {
  std::vector<Term> stack;
  for (size_t at = 0; at + 1 < code.instructions.size(); at += 2) {
    const int operation = code.instructions[at], argument = code.instructions[at + 1];
    if (operation == numbers.start || operation == numbers.filler) continue;
    if ((operation == numbers.load_argument || operation == numbers.load_argument_twice) && argument == 0) {
      stack.push_back({.code = {.text = "x"}});
      if (operation == numbers.load_argument_twice) stack.push_back(stack.back());
    } else if (operation == numbers.load_constant && static_cast<size_t>(argument) < code.values.size()) {
      const double value = code.values[static_cast<size_t>(argument)];
      Term number{.code = {.text = number_text(value), .scale = 0, .offset = value}, .is_number = true};
      if (number.code.text.find('/') != std::string::npos) number.binds = 1;
      stack.push_back(std::move(number));
    } else if (operation == numbers.negative && !stack.empty()) {
      Term& term = stack.back();
      term.code = {"-" + in_brackets(term, term.binds < 2), -term.code.scale, -term.code.offset};
      term.binds = 1;
    } else if (operation == numbers.give_back) {
      return stack.size() == 1 && at + 2 == code.instructions.size() ? std::optional(stack.back())
                                                                     : std::nullopt;
    } else if (stack.size() >= 2) {
      const auto result =
          combined(operation_of(numbers, operation, argument), stack[stack.size() - 2], stack.back());
      if (!result) return std::nullopt;
      stack.pop_back();
      stack.back() = *result;
    } else {
      return std::nullopt;
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<AffineCode> affine_code(std::span<const uint8_t> bytes) {
  const std::optional<Code> code = read_code(bytes);
  if (!code) return std::nullopt;
  for (const Numbering& numbers : kNumberings) {
    const std::optional<Term> term = run(*code, numbers);
    if (term && !term->is_number && std::isfinite(term->code.scale) && std::isfinite(term->code.offset))
      return term->code;
  }
  return std::nullopt;
}

std::string number_text(double value) {
  const std::string text = fmt::format("{}", value);
  const double inverse = std::nearbyint(1e6 / value) / 1e6;
  if (text.size() > 8 && std::isfinite(inverse) && 1 / inverse == value)
    return fmt::format("1 / {}", inverse);
  return text;
}

}  // namespace tf_injector::detail::keras
