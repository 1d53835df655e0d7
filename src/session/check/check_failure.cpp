#include "session/check/check_failure.hpp"

#include <fmt/format.h>

#include "core/bits.hpp"
#include "engine/changed_memory.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail {
namespace {

constexpr const char* kWhatNow =
    "this block's rows were not written; please report it with model, list and data";

std::string counts_text(const Tally& tally) {
  std::string text;
  for (const TallyColumn& column : tally_columns()) {
    if (column.count == nullptr || column.count == &Tally::images) continue;
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", column.name, column.value(tally));
  }
  return fmt::format("{} of {}", text, tally.images);
}

[[noreturn]] void fail(const std::string& difference) {
  throw Error(ErrorKind::self_check, fmt::format("self-check failed: {}; {}", difference, kWhatNow));
}

}  // namespace

std::string fault_text(const Fault& fault) {
  return fmt::format("fault {} ({}, {}, bit {})", fault.id, layers_text(fault), indices_text(fault),
                     bits_text(fault));
}

void throw_different_rows(std::span<const float> found, std::span<const float> plain, const std::string& what,
                          int64_t image) {
  size_t i = 0;
  while (i + 1 < plain.size() && float_bits(found[i]) == float_bits(plain[i])) ++i;
  fail(fmt::format("{}, image {}, class {}: found {}, the plain evaluation gives {}", what, image, i,
                   bits_text(found[i]), bits_text(plain[i])));
}

void require_equal_counts(const Tally& found, const Tally& expected, const std::string& what) {
  if (found == expected) return;
  fail(fmt::format("{}: counted {}; its scores give {}", what, counts_text(found), counts_text(expected)));
}

void throw_given_twice(const std::string& what, int64_t image) {
  fail(fmt::format("{}, image {}: counted twice", what, image));
}

}  // namespace tf_injector::detail
