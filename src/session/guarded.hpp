// Around everything that a public function does: how work ends that is stopped or runs out of memory (as an
// Error, in the words of the library), and in which rounding mode it computes.
#pragma once

#include <new>
#include <stdexcept>
#include <string>

#include "core/round_to_nearest.hpp"
#include "core/stop.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail {

struct GuardTexts {
  std::string interrupted = "interrupted";
  std::string out_of_memory = "out of memory; use fewer `threads`, a smaller `tile` or `memory`";
};

// What `work` returns. Throws Error(interrupted) for Stopped, Error(out_of_memory) for std::bad_alloc and for
// arrays longer than there can be.
template <typename Work>
auto guarded(const Work& work, const GuardTexts& texts = {}) {
  const RoundToNearest rounding;
  try {
    return work();
  } catch (const Stopped&) {
    throw Error(ErrorKind::interrupted, texts.interrupted);
  } catch (const std::bad_alloc&) {
    throw Error(ErrorKind::out_of_memory, texts.out_of_memory);
  } catch (const std::length_error&) {
    throw Error(ErrorKind::out_of_memory, texts.out_of_memory);
  }
}

}  // namespace tf_injector::detail
