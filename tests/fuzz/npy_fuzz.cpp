// A NumPy array.
#include "fuzz_target.hpp"
#include "io/npy.hpp"

using namespace tf_injector::detail;

namespace {

// The bytes of one element: the digits of the dtype, times four for text.
size_t item_bytes(const std::string& dtype) {
  return std::stoul(dtype.substr(2)) * (dtype.size() > 1 && dtype[1] == 'U' ? 4 : 1);
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto array = fuzz::accepted([&] { return parse_npy({data, size}, "a.npy"); });
  if (!array) return 0;
  const auto elements = static_cast<size_t>(array->elements());
  fuzz::require(!array->fortran_order, "not in C order");
  fuzz::require(array->bytes.size() == elements * item_bytes(array->dtype),
                "data of another size than the shape says");
  const auto floats = fuzz::accepted([&] { return array->to_float32(); });
  fuzz::require(!floats || floats->size() == elements, "as many floats as elements");
  const auto integers = fuzz::accepted([&] { return array->to_int64(); });
  fuzz::require(!integers || integers->size() == elements, "as many integers as elements");
  std::string text = npy_header(array->dtype, array->shape);
  text.append(array->bytes.begin(), array->bytes.end());
  const auto again = fuzz::accepted([&] {
    return parse_npy({reinterpret_cast<const uint8_t*>(text.data()), text.size()}, "again.npy");
  });
  fuzz::require(
      again && again->dtype == array->dtype && again->shape == array->shape && again->bytes == array->bytes,
      "written and read again, the array is another");
  return 0;
}
