#include "engine/changed_memory.hpp"

#include <fmt/format.h>

#include "core/bits.hpp"
#include "core/same_bits.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail {
namespace {

[[noreturn]] void fail(const std::string& difference) {
  throw Error(
      ErrorKind::self_check,
      fmt::format("self-check failed: {}; no row was written that it could have changed; this machine's "
                  "memory or processor makes mistakes (run a memory test, memtest86+ for instance), or "
                  "a part of the program wrote where it must not; the same command goes on with the "
                  "report",
                  difference));
}

}  // namespace

std::string bits_text(float value) { return fmt::format("0x{:08X} ({:.9g})", float_bits(value), value); }

void throw_changed(const std::string& what, uint64_t hash_before, uint64_t hash_now) {
  fail(fmt::format("{} changed while the run lasted (hash {:016x} at its start, {:016x} now)", what,
                   hash_before, hash_now));
}

void require_same_golden(std::span<const float> before, std::span<const float> now, int64_t image) {
  if (same_bits(before, now)) return;
  size_t i = 0;
  while (i + 1 < now.size() && float_bits(before[i]) == float_bits(now[i])) ++i;
  fail(fmt::format("the golden run, image {}, class {}: {} at first, {} when computed once more", image, i,
                   bits_text(before[i]), bits_text(now[i])));
}

}  // namespace tf_injector::detail
