// Keeps a caller's rounding mode out of the arithmetic.
#pragma once

#include <cfenv>

namespace tf_injector::detail {

// While an object lives, the calling thread, and those that it starts, round to the nearest float. The
// destructor restores the former mode.
class RoundToNearest {
 public:
  RoundToNearest() noexcept : saved_(std::fegetround()) { std::fesetround(FE_TONEAREST); }
  ~RoundToNearest() { std::fesetround(saved_); }
  RoundToNearest(const RoundToNearest&) = delete;
  RoundToNearest& operator=(const RoundToNearest&) = delete;

 private:
  int saved_;
};

}  // namespace tf_injector::detail
