// A dtype as it is named in messages: "float64" for "<f8".
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "core/printable.hpp"

namespace tf_injector::detail::data {

[[nodiscard]] inline std::string dtype_name(const std::string& dtype) {
  constexpr std::pair<char, std::string_view> kNumbers[] = {
      {'f', "float"}, {'i', "int"}, {'u', "uint"}, {'c', "complex"}};
  const char kind = dtype.size() > 1 ? dtype[1] : '?';
  if (kind == 'b') return "bool";
  if (kind == 'U' || kind == 'S') return "text";
  for (const auto& [letter, name] : kNumbers) {
    if (kind == letter) return std::string(name) + std::to_string(8 * std::stoi(dtype.substr(2)));
  }
  return "'" + printable(dtype) + "'";
}

}  // namespace tf_injector::detail::data
