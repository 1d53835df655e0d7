// What load_gtsrb makes of the images of a folder, for comparison with Pillow (test_resize.py).
//   gtsrb_images FOLDER RESIZE OUT.npy
// OUT: uint8 (RESIZE pillow) or float32 (RESIZE tensorflow), images x 50 x 50 x 3. Bad input: exit code 3,
// its lines on stderr.
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "data/gtsrb/gtsrb.hpp"
#include "io/file.hpp"
#include "io/npy.hpp"
#include "tf_injector/error.hpp"

namespace {

std::string npy_of(const tf_injector::Dataset& set) {
  const tf_injector::DatasetInput& input = set.inputs.front();
  std::vector<int64_t> shape{static_cast<int64_t>(set.size())};
  shape.insert(shape.end(), input.shape.begin(), input.shape.end());
  const std::string header = tf_injector::detail::npy_header(input.is_float ? "<f4" : "|u1", shape);
  if (!input.is_float) return header + std::string(input.bytes.begin(), input.bytes.end());
  return header +
         std::string(reinterpret_cast<const char*>(input.floats.data()), input.floats.size() * sizeof(float));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fprintf(stderr, "usage: gtsrb_images FOLDER RESIZE OUT.npy\n");
    return 2;
  }
  try {
    tf_injector::detail::write_atomic(argv[3],
                                      npy_of(tf_injector::detail::data::load_gtsrb(argv[1], argv[2])));
  } catch (const tf_injector::Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return error.exit_code();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "gtsrb_images: %s\n", error.what());
    return 1;
  }
  return 0;
}
