// Reads the fault that a user names by its text.
#include <fmt/format.h>

#include "core/printable.hpp"
#include "fault/index_syntax.hpp"
#include "tf_injector/error.hpp"
#include "tf_injector/explain.hpp"

namespace tf_injector {

using namespace detail;

Fault parse_fault(std::string_view text) {
  const auto refuse = [&]() -> Fault {
    throw Error(ErrorKind::usage,
                fmt::format("{}: no fault; expected layer,(index),bit, such as conv2d_8,(2, 0, 30, 3),3",
                            double_quoted(text)));
  };
  const size_t begin = text.find_first_of("([");
  const size_t end = text.find_last_of(")]");
  if (begin == std::string_view::npos || end == std::string_view::npos || end < begin) return refuse();
  std::string_view layer = trimmed(text.substr(0, begin)), bit = trimmed(text.substr(end + 1));
  while (layer.ends_with('"')) layer = trimmed(layer.substr(0, layer.size() - 1));  // as in a list
  while (bit.starts_with('"')) bit = trimmed(bit.substr(1));
  if (!layer.ends_with(',') || !bit.starts_with(',')) return refuse();
  layer = trimmed(layer.substr(0, layer.size() - 1));
  ParsedIndex index;
  parse_index(text.substr(begin, end + 1 - begin), index);
  const auto number = parse_whole_number(bit.substr(1));
  if (layer.empty() || !index.problem.empty() || !number || number->saturated) return refuse();
  if (number->value < 0 || number->value > 31)
    throw Error(ErrorKind::usage,
                fmt::format("{}: expected a bit from 0 to 31, found {}", double_quoted(text), number->value));
  return bit_flip(0, std::string(layer), std::move(index.values), static_cast<int>(number->value));
}

}  // namespace tf_injector
