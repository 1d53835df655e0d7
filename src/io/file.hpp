// Files: whole reads, atomic whole writes, durable appends, locks. All errors name the path and errno's text.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace tf_injector {

[[nodiscard]] bool file_exists(const std::string& path);
// Throw Error(bad_input), also for a file that stands in for another (io/stand_in.hpp).
[[nodiscard]] std::string read_text(const std::string& path);
[[nodiscard]] std::vector<uint8_t> read_bytes(const std::string& path);
// The rest of a file that is open; `path` names it in messages.
[[nodiscard]] std::vector<uint8_t> read_bytes(int fd, const std::string& path);

// Makes the folder and its parents. Throws OutputError.
void make_folders(const std::string& path);

// Writes a temporary file beside `path`, syncs it, renames it over `path`, syncs the folder: readers see the
// old content or the new, never a part. Throws OutputError; then the temporary file is gone and `path` is
// untouched.
void write_atomic(const std::string& path, std::string_view bytes);

// A file that only grows, block by block; each append is on disk (fdatasync) when the call returns.
// Holds an advisory lock as long as it lives. Throws Error(busy) when another process holds it.
class AppendFile {
 public:
  enum class Mode { create_new, open_existing };
  // create_new: throws OutputError when the path exists already.
  AppendFile(const std::string& path, Mode mode);
  ~AppendFile();
  AppendFile(AppendFile&&) noexcept;
  AppendFile& operator=(AppendFile&&) noexcept;

  // Throws OutputError; after a failed append the file is cut back to its length before it, so that no torn
  // line stays.
  void append(std::string_view bytes);
  // Cuts the file back to `size` bytes, at most size(). Throws OutputError.
  void truncate(uint64_t size);
  [[nodiscard]] uint64_t size() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tf_injector
