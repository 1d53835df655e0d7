// An interval of a share.
#pragma once

namespace tf_injector::detail {

struct Interval {
  double low = 0, high = 1;
};

}  // namespace tf_injector::detail
