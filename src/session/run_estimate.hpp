// How long a run will take, found by running a little of it.
#pragma once

#include <atomic>
#include <cstddef>

#include "session/setup.hpp"

namespace tf_injector::detail {

// Seconds that the faults from `done` on, the golden run and the self-check of every `every`th fault (0:
// none) will take on the layout's threads. Times, on one thread: the golden run of an image, then blocks of
// the size that the engine works best with, from places spread over the list, an image each, until some
// seconds have passed; and a plain evaluation. `engine`: of the layout's size, with a thread. Throws Stopped,
// std::bad_alloc.
[[nodiscard]] double estimate_seconds(const Setup& setup, Engine& engine, size_t done, int every,
                                      const std::atomic<bool>* stop);

// Is the run without a fault to be done image by image together with the faults (run_with_golden), rather
// than before them? An engine that repeats it for every block then does it once less, and for one block only:
// a tenth of the time of a short list. But what it found is known only at the end, and all faults are one
// block, so that must end within minutes. Times the golden run of an image. `remaining`: faults. Throws
// Stopped, std::bad_alloc.
[[nodiscard]] bool joins_golden(const Setup& setup, Engine& engine, size_t remaining,
                                const std::atomic<bool>* stop);
// The same where the golden run is known to take so long.
[[nodiscard]] bool joins_golden(const Setup& setup, double golden_seconds, size_t remaining);

}  // namespace tf_injector::detail
