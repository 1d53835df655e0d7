// Interprets the few functions and classes that a pickle may name: those that make bytes, dtypes and arrays.
// Internal to pickle.cpp.
#pragma once

#include <cstdint>
#include <deque>
#include <stdexcept>
#include <string>
#include <string_view>

#include "data/pickle/pickle.hpp"

namespace tf_injector::detail::data {

// A problem of a pickle; the caller adds the file and the position.
class PickleProblem : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

using PickleValues = std::deque<PickleValue>;

// The function or class `module`.`name`. Throws PickleProblem, naming it, if it is unknown.
[[nodiscard]] PickleValue pickle_global(std::string_view module, std::string_view name);
// The result of callable(*args) in Python. `budget`: how many bytes may still be decoded from text; what is
// decoded here is subtracted. Throws PickleProblem.
[[nodiscard]] PickleValue pickle_reduce(const PickleValues& values, const PickleValue& callable,
                                        const PickleValue& args, size_t& budget);
// Applies object.__setstate__(state) to a dtype or an array. Throws PickleProblem.
void pickle_build(const PickleValues& values, PickleValue& object, const PickleValue& state);

}  // namespace tf_injector::detail::data
