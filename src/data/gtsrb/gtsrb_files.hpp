// Finds the files of the GTSRB test set, zipped or unpacked, in the layouts in use.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "io/zip_archive.hpp"

namespace tf_injector::detail::data {

struct GtsrbFiles {
  std::string folder;    // where the search began
  std::string images;    // the folder of *.ppm, or the zip of the images; "" when there is neither
  std::string labels;    // GT-final_test.csv, or the zip that holds it; "" when there is neither
  std::string snapshot;  // the tf.data snapshot of the Python tool, or ""
};

// Searches `path` and the folders named GTSRB, Final_Test and Images below it. Unpacked images win over
// zipped ones. The ground truth is looked for first in the folder of the images and in those above it.
[[nodiscard]] GtsrbFiles find_gtsrb(const std::string& path);

// The text of GT-final_test.csv, and its name for messages. `path`: the file, or the zip.
struct NamedText {
  std::string name;
  std::string text;
};
// Throws Error(bad_input).
[[nodiscard]] NamedText read_gtsrb_labels(const std::string& path);

// The *.ppm files of a folder or zip, sorted by name; hidden files are left out.
class GtsrbImages {
 public:
  // Throws Error(bad_input): unreadable, or no images in it.
  explicit GtsrbImages(const std::string& path);

  [[nodiscard]] size_t size() const noexcept { return images_.size(); }
  [[nodiscard]] const std::string& file(size_t i) const { return images_[i].file; }  // "00000.ppm"
  [[nodiscard]] std::string label(size_t i) const { return path_ + "/" + images_[i].member; }
  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  // May be called from several threads. Throws Error(bad_input).
  [[nodiscard]] std::vector<uint8_t> read(size_t i) const;

 private:
  struct Image {
    std::string file;
    std::string member;  // path in the folder or zip
  };
  void list_folder();
  void list_zip();

  std::string path_;
  std::optional<ZipArchive> zip_;
  mutable std::mutex zip_mutex_;  // an archive of libzip must not be used by two threads at once
  std::vector<Image> images_;
};

}  // namespace tf_injector::detail::data
