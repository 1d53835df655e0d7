#include "data/gtsrb/gtsrb_files.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <string_view>
#include <system_error>

#include "core/printable.hpp"
#include "io/file.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail::data {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kImagesZip = "GTSRB_Final_Test_Images.zip";
constexpr std::string_view kLabelsZip = "GTSRB_Final_Test_GT.zip";
constexpr std::string_view kLabelsFile = "GT-final_test.csv";
constexpr std::string_view kSnapshot = "GTSRB_keras";
constexpr std::array<std::string_view, 4> kFoldersOnTheWay{"GTSRB", "gtsrb", "Final_Test", "Images"};
constexpr size_t kDeepest = 5;   // datasets/GTSRB/gtsrb/GTSRB/Final_Test/Images
constexpr int kLevelsAbove = 3;  // GTSRB/Final_Test/Images
constexpr uint64_t kLargestFile = uint64_t{64} << 20;

bool is_file(const fs::path& path) {
  std::error_code error;
  return fs::is_regular_file(path, error);
}

bool is_folder(const fs::path& path) {
  std::error_code error;
  return fs::is_directory(path, error);
}

std::string_view last_name(std::string_view path) {
  return path.substr(path.find_last_of('/') + 1);  // npos + 1 is 0
}

// macOS leaves hidden files on other file systems and in zips ("._00000.ppm").
bool is_image_name(std::string_view file) { return file.ends_with(".ppm") && !file.starts_with('.'); }

// Calls visit(name) for every file of the folder until it returns false. Returns the error that ended the
// listing, if any.
template <typename Visit>
std::error_code for_each_file(const fs::path& folder, const Visit& visit) {
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    if (is_file(entry->path()) && !visit(entry->path().filename().string())) break;
  }
  return error;
}

bool holds_images(const fs::path& folder) {
  bool found = false;
  static_cast<void>(for_each_file(folder, [&](const std::string& file) {
    found = is_image_name(file);
    return !found;
  }));
  return found;
}

// `root` and those folders below it that belong to a known layout, nearest first.
std::vector<fs::path> folders_to_search(const fs::path& root) {
  std::vector<fs::path> folders{root};
  size_t level_begin = 0;
  for (size_t depth = 0; depth < kDeepest; ++depth) {
    const size_t level_end = folders.size();
    for (size_t i = level_begin; i < level_end; ++i) {
      for (const std::string_view name : kFoldersOnTheWay) {
        fs::path folder = folders[i] / name;
        if (is_folder(folder)) folders.push_back(std::move(folder));
      }
    }
    level_begin = level_end;
  }
  return folders;
}

std::string find_images(const std::vector<fs::path>& folders) {
  for (const fs::path& folder : folders) {
    if (holds_images(folder)) return folder.string();
  }
  for (const fs::path& folder : folders) {
    if (is_file(folder / kImagesZip)) return (folder / kImagesZip).string();
  }
  return "";
}

// Looks in the folder of the images and those above it first, then in all folders of the search.
std::string find_labels(std::vector<fs::path> folders, const std::string& images) {
  if (!images.empty()) {
    std::vector<fs::path> near{is_folder(images) ? fs::path(images) : fs::path(images) / ".."};
    for (int level = 0; level < kLevelsAbove; ++level) near.push_back(near.back() / "..");
    folders.insert(folders.begin(), near.begin(), near.end());
  }
  for (const fs::path& folder : folders) {
    for (const std::string_view name : {kLabelsFile, kLabelsZip}) {
      const fs::path file = (folder / name).lexically_normal();
      if (is_file(file)) return file.string();
    }
  }
  return "";
}

// The folder to search: of a zip, the one that it is in.
fs::path root_of(const std::string& path) {
  const std::string_view name = last_name(path);
  if (is_file(path) && (name == kImagesZip || name == kLabelsZip)) {
    return (fs::path(path).parent_path() / ".").lexically_normal();
  }
  return path.empty() ? fs::path(".") : fs::path(path);
}

}  // namespace

GtsrbFiles find_gtsrb(const std::string& path) {
  const fs::path root = root_of(path);
  const std::vector<fs::path> folders = folders_to_search(root);
  GtsrbFiles files;
  files.folder = root.string();
  files.images = find_images(folders);
  files.labels = find_labels(folders, files.images);
  for (const fs::path& folder : folders) {
    if (files.snapshot.empty() && is_folder(folder / kSnapshot))
      files.snapshot = (folder / kSnapshot).string();
  }
  return files;
}

NamedText read_gtsrb_labels(const std::string& path) {
  if (last_name(path) != kLabelsZip) return {.name = path, .text = read_text(path)};
  const ZipArchive zip(path);
  const std::vector<std::string> names = zip.names();
  const auto member = std::find_if(names.begin(), names.end(),
                                   [](const std::string& name) { return last_name(name) == kLabelsFile; });
  if (member == names.end()) {
    throw DatasetError(path + ": holds no " + std::string(kLabelsFile) + "; is it the official archive?");
  }
  const std::vector<uint8_t> bytes = zip.read(*member, kLargestFile);
  return {.name = path + "/" + *member, .text = std::string(bytes.begin(), bytes.end())};
}

GtsrbImages::GtsrbImages(const std::string& path) : path_(path) {
  if (is_folder(path)) {
    list_folder();
  } else {
    list_zip();
  }
  if (images_.empty()) throw DatasetError(path_ + ": holds no .ppm images");
  std::sort(images_.begin(), images_.end(), [](const Image& a, const Image& b) { return a.file < b.file; });
  const auto twice = std::adjacent_find(images_.begin(), images_.end(),
                                        [](const Image& a, const Image& b) { return a.file == b.file; });
  if (twice != images_.end()) throw DatasetError(path_ + ": holds two images " + single_quoted(twice->file));
}

void GtsrbImages::list_folder() {
  const std::error_code error = for_each_file(path_, [&](const std::string& file) {
    if (is_image_name(file)) images_.push_back({.file = file, .member = file});
    return true;
  });
  if (error) throw DatasetError("cannot read '" + path_ + "': " + error.message());
}

void GtsrbImages::list_zip() {
  zip_.emplace(path_);
  for (const std::string& member : zip_->names()) {
    const std::string_view file = last_name(member);
    if (is_image_name(file)) images_.push_back({.file = std::string(file), .member = member});
  }
}

std::vector<uint8_t> GtsrbImages::read(size_t i) const {
  const std::string& member = images_[i].member;
  if (!zip_) return read_bytes(path_ + "/" + member);
  const std::lock_guard lock(zip_mutex_);
  return zip_->read(member, kLargestFile);
}

}  // namespace tf_injector::detail::data
