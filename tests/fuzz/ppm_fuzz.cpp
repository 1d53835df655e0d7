// A PPM image, resized both ways.
#include "data/gtsrb/ppm.hpp"
#include "data/gtsrb/resize_pillow.hpp"
#include "data/gtsrb/resize_tensorflow.hpp"
#include "fuzz_target.hpp"

using namespace tf_injector::detail;

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto image = fuzz::accepted([&] { return data::parse_ppm({data, size}, "i.ppm"); });
  if (!image) return 0;
  fuzz::require(image->width > 0 && image->height > 0, "an image without pixels");
  constexpr int kSide = 7;
  std::vector<uint8_t> bytes(size_t{kSide} * kSide * 3);
  data::resize_pillow(*image, kSide, kSide, bytes);
  std::vector<float> floats(bytes.size());
  data::resize_tensorflow(*image, kSide, kSide, floats);
  for (const float value : floats)
    fuzz::require(value >= 0 && value <= 255, "a value that is no mean of bytes");
  return 0;
}
