// Reads the test set of the German Traffic Sign Recognition Benchmark: 12,630 images of 43 classes, resized
// to 50x50.
#pragma once

#include <string>

#include "tf_injector/dataset.hpp"

namespace tf_injector::detail::data {

// True if `path` holds the test images, zipped or unpacked. The ground truth may be missing: load_gtsrb
// reports that.
[[nodiscard]] bool gtsrb_in(const std::string& path);
// True if it holds the tf.data snapshot that the Python tool writes, and no images.
[[nodiscard]] bool only_gtsrb_snapshot_in(const std::string& path);

// `path`: a folder with the official GTSRB_Final_Test_Images.zip and GTSRB_Final_Test_GT.zip or what they
// unpack to (GTSRB/Final_Test/Images/*.ppm, GT-final_test.csv), a parent folder of these (torchvision's
// layout too), the folder of the images, or one of the zips. Images are in the order of their file names,
// (50, 50, 3) each; labels are 0..42. `resize`: "pillow" (uint8) or "tensorflow" (float32 of 0..255 that is
// still to be preprocessed). Width, height and region of interest in the ground truth are ignored.
// `sha256` is left empty. Throws DatasetError: nothing found (the message says what to put where); or images
// without a row, rows without an image, classes outside 0..42, damaged images (a line each, at most 100).
// Throws Error(bad_input) for a file or zip that cannot be read, Error(usage) for an unknown `resize`.
[[nodiscard]] Dataset load_gtsrb(const std::string& path, const std::string& resize);

}  // namespace tf_injector::detail::data
