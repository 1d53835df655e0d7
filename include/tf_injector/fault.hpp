// A fault: one bit of one weight of a layer's kernel.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tf_injector {

struct Fault {
  int64_t injection = 0;       // the list's id
  std::string layer;           // as written in the list
  std::vector<int64_t> index;  // into the kernel: Conv2D (kh, kw, cin, cout), Dense (in, out)
  int bit = 0;                 // 0 = lowest mantissa bit, 31 = sign
};

// "(2, 1, 0, 7)", "(3,)": Python's tuple.
[[nodiscard]] std::string format_index(const std::vector<int64_t>& index);

}  // namespace tf_injector
