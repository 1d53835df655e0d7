// What the functions and classes that a pickle may name make of their arguments: bytes, dtypes, arrays.
// Internal to pickle.cpp.
#pragma once

#include <cstdint>
#include <deque>
#include <stdexcept>
#include <string>
#include <string_view>

#include "data/pickle/pickle.hpp"

namespace tf_injector::data {

// What is wrong with a pickle; the machine adds file and place.
class PickleProblem : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

using PickleValues = std::deque<PickleValue>;

// The function or class `module`.`name`. Throws PickleProblem naming it when it is none of the known ones.
[[nodiscard]] PickleValue pickle_global(std::string_view module, std::string_view name);
// What Python makes of callable(*args). `budget`: bytes that may still be decoded from text; lessened.
// Throws PickleProblem.
[[nodiscard]] PickleValue pickle_reduce(const PickleValues& values, const PickleValue& callable,
                                        const PickleValue& args, size_t& budget);
// object.__setstate__(state) of a dtype or an array. Throws PickleProblem.
void pickle_build(const PickleValues& values, PickleValue& object, const PickleValue& state);

}  // namespace tf_injector::data
