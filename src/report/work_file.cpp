#include "report/work_file.hpp"

#include <fmt/format.h>

#include <filesystem>

#include "io/file.hpp"
#include "io/posix_names.hpp"
#include "io/sha256.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail {
namespace {

constexpr std::string_view kWorkTitle = "tf_injector: work on a block, 1\n";
constexpr size_t kWorkHashDigits = 64;
constexpr std::string_view kMetadataEnd = ".json";
// More than any run writes: another's file is not read into memory.
constexpr uint64_t kMostWorkBytes = uint64_t{1} << 30;

}  // namespace

std::string work_path_of(const std::string& metadata_path) {
  return metadata_path.substr(0, metadata_path.size() - kMetadataEnd.size()) + ".part";
}

bool is_own_work_file(const std::string& path) {
  std::error_code ignored;
  const auto status = std::filesystem::symlink_status(path, ignored);
  if (!std::filesystem::exists(status)) return true;
  if (!std::filesystem::is_regular_file(status)) return false;
  try {
    return read_beginning(path, kWorkTitle.size()) == kWorkTitle;
  } catch (const Error&) {
    return false;
  }
}

void write_work(const std::string& path, const std::string& key, std::string_view work) {
  const std::string line = key + "\n";
  Sha256 hash;
  AtomicFile file(path);
  for (const std::string_view part : {kWorkTitle, std::string_view(line), work}) {
    hash.update(part.data(), part.size());
    file.write(part);
  }
  file.write(hash.hex());
  file.commit();
}

std::string read_work(const std::string& path, const std::string& key, const Message& message) {
  if (!file_exists(path) || !is_own_work_file(path)) return "";
  const auto refuse = [&](const char* what) {
    message(fmt::format("{}: {}; the block is computed from its beginning", path, what));
    return std::string();
  };
  try {
    if (std::filesystem::file_size(path) > kMostWorkBytes) return refuse("is damaged");
    std::string text = read_text(path);
    if (text.size() < kWorkTitle.size() + kWorkHashDigits) return refuse("is damaged");
    const size_t end = text.size() - kWorkHashDigits;
    if (sha256_of(text.data(), end) != std::string_view(text).substr(end)) return refuse("is damaged");
    const std::string line = key + "\n";
    const size_t begin = kWorkTitle.size() + line.size();
    if (begin > end || std::string_view(text).substr(kWorkTitle.size(), line.size()) != line)
      return refuse("is of another run, or of another block");
    text.resize(end);
    text.erase(0, begin);
    return text;
  } catch (const std::filesystem::filesystem_error&) {
    return refuse("cannot be read");
  } catch (const Error&) {
    return refuse("cannot be read");
  }
}

void remove_work(const std::string& path) {
  if (file_exists(path) && is_own_work_file(path)) posix::unlink_file(path);
}

}  // namespace tf_injector::detail
