// Parses the header of an .npy file (format versions 1.0 to 3.0), strictly. Internal to io/.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace tf_injector::detail {

struct NpyHeader {
  std::string dtype;  // "<f4"; byte order as in the file
  bool fortran_order = false;
  std::vector<int64_t> shape;  // each dimension >= 0
  size_t size = 0;             // bytes before the data
  size_t item_size = 0;        // bytes of one element
  size_t scalar_size = 0;      // unit of the byte order: half of a complex number, one UTF-32 character
};

// Throws Error(bad_input): "<label>: <problem>".
[[noreturn]] void throw_bad_array(const std::string& label, const std::string& problem);

// Throws Error(bad_input), naming `label`: damaged, or an array of objects, structures or dates.
[[nodiscard]] NpyHeader parse_npy_header(std::span<const uint8_t> bytes, const std::string& label);

}  // namespace tf_injector::detail
