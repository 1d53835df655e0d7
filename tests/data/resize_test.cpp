// Both resizes against what Pillow and TensorFlow themselves gave (tools/make_resize_facts.py). The live
// comparison with Pillow is tests/oracle/test_resize.py.
#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <sstream>
#include <string>
#include <vector>

#include "data/gtsrb/resize_pillow.hpp"
#include "data/gtsrb/resize_tensorflow.hpp"
#include "data/made_image.hpp"
#include "io/file.hpp"
#include "io/sha256.hpp"

namespace tf_injector::detail::data {
namespace {

constexpr size_t kShaDigits = 64;

// Bytes as the facts have them: in hexadecimal, or their SHA-256.
std::string as_in_facts(const std::vector<uint8_t>& bytes, const std::string& expected) {
  if (expected.size() == kShaDigits && bytes.size() != kShaDigits / 2)
    return sha256_of(bytes.data(), bytes.size());
  std::string text;
  for (const uint8_t byte : bytes) {
    text += "0123456789abcdef"[byte >> 4];
    text += "0123456789abcdef"[byte & 15];
  }
  return text;
}

// Calls resize(image, width, height), which returns the result's bytes, for every case of the file.
template <typename Resize>
void compare_with_facts(const std::string& file, const Resize& resize) {
  std::istringstream facts(read_text(std::string(TFI_TEST_DIR) + "/data/" + file));
  int height = 0, width = 0, out_height = 0, out_width = 0;
  std::string expected;
  uint32_t cases = 0;
  for (; facts >> height >> width >> out_height >> out_width >> expected; ++cases) {
    const RgbImage image = test::made_image(cases, width, height);
    EXPECT_EQ(as_in_facts(resize(image, out_width, out_height), expected), expected)
        << "case " << cases << ": " << height << "x" << width << " to " << out_height << "x" << out_width;
  }
  EXPECT_EQ(cases, 42u);
}

size_t elements(int width, int height) {
  return static_cast<size_t>(width) * static_cast<size_t>(height) * 3;
}

TEST(ResizePillow, GivesPillowsBytes) {
  compare_with_facts("resize_facts_pillow.txt", [](const RgbImage& image, int width, int height) {
    std::vector<uint8_t> out(elements(width, height));
    resize_pillow(image, width, height, out);
    return out;
  });
}

TEST(ResizeTensorflow, GivesTensorflowsBits) {
  compare_with_facts("resize_facts_tensorflow.txt", [](const RgbImage& image, int width, int height) {
    std::vector<float> out(elements(width, height));
    resize_tensorflow(image, width, height, out);
    std::vector<uint8_t> bytes(out.size() * sizeof(float));
    std::memcpy(bytes.data(), out.data(), bytes.size());
    return bytes;
  });
}

TEST(Resize, LeavesAnImageOfTheWantedSizeAlone) {
  const RgbImage image = test::made_image(3, 13, 8);
  std::vector<uint8_t> bytes(image.pixels.size());
  resize_pillow(image, 13, 8, bytes);
  EXPECT_EQ(bytes, image.pixels);
  std::vector<float> floats(image.pixels.size());
  resize_tensorflow(image, 13, 8, floats);
  EXPECT_EQ(std::vector<uint8_t>(floats.begin(), floats.end()), image.pixels);
}

TEST(Resize, KeepsOneColour) {  // weights add up to one
  for (const int side : {1, 7, 49, 51, 173, 250}) {
    const RgbImage white{
        .width = side, .height = 2 * side, .pixels = std::vector<uint8_t>(elements(side, 2 * side), 255)};
    std::vector<uint8_t> bytes(elements(50, 50));
    resize_pillow(white, 50, 50, bytes);
    EXPECT_EQ(bytes, std::vector<uint8_t>(bytes.size(), 255)) << side;
    std::vector<float> floats(elements(50, 50));
    resize_tensorflow(white, 50, 50, floats);
    EXPECT_EQ(floats, std::vector<float>(floats.size(), 255.0f)) << side;
  }
}

}  // namespace
}  // namespace tf_injector::detail::data
