#include "data/arrays/array_source.hpp"

#include <algorithm>
#include <filesystem>
#include <string_view>
#include <utility>

#include "core/printable.hpp"
#include "data/file_probe.hpp"
#include "io/zip_archive.hpp"

namespace tf_injector::detail::data {
namespace {

constexpr std::string_view kSuffix = ".npy";

std::vector<std::string> files_of(const std::string& folder) {
  std::vector<std::string> files;
  std::error_code error;
  for (std::filesystem::directory_iterator it(folder, error), end; !error && it != end; it.increment(error))
    files.push_back(it->path().filename().string());
  return files;
}

}  // namespace

std::optional<ArraySource> ArraySource::open(const std::string& place) {
  ArraySource source;
  source.place_ = place;
  if (is_stream(place) || (is_file(place) && ZipArchive::is_zip(place))) {
    source.archive_ = std::make_unique<ZipArchive>(place);
  } else if (!is_folder(place)) {
    return std::nullopt;
  }
  for (const std::string& file : source.archive_ ? source.archive_->names() : files_of(place)) {
    if (file.ends_with(kSuffix)) source.names_.push_back(file.substr(0, file.size() - kSuffix.size()));
  }
  std::sort(source.names_.begin(), source.names_.end());
  return source;
}

ArraySource::~ArraySource() = default;
ArraySource::ArraySource(ArraySource&&) noexcept = default;
ArraySource& ArraySource::operator=(ArraySource&&) noexcept = default;

bool ArraySource::has(const std::string& name) const {
  return std::binary_search(names_.begin(), names_.end(), name);
}

std::string ArraySource::label(const std::string& name) const {
  if (archive_) return place_ + ": '" + printable(name) + "'";
  return in_folder(place_, name + std::string(kSuffix));
}

NpyArray ArraySource::read(const std::string& name) const {
  const std::string file = name + std::string(kSuffix);
  return archive_ ? parse_npy(archive_->read(file), label(name)) : read_npy(in_folder(place_, file));
}

}  // namespace tf_injector::detail::data
