// Reads whole files, writes whole files atomically, appends durably. All errors name the path and errno's
// text.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace tf_injector::detail {

[[nodiscard]] bool file_exists(const std::string& path);
// The contents of a file. Throw Error(bad_input): it cannot be read, or is a stand-in (io/stand_in.hpp).
[[nodiscard]] std::string read_text(const std::string& path);
[[nodiscard]] std::vector<uint8_t> read_bytes(const std::string& path);
// The first bytes of a file, at most so many. Throws Error(bad_input).
[[nodiscard]] std::string read_beginning(const std::string& path, size_t most);
// The rest of an open file; `path` names it in messages.
[[nodiscard]] std::vector<uint8_t> read_bytes(int fd, const std::string& path);

// Creates the folder and its parents. Throws OutputError.
void make_folders(const std::string& path);
// The folder of a file that is about to be written: makes it, and removes what processes that were killed
// have left in it (io/temporary_file.hpp). Throws OutputError.
void prepare_folder_for(const std::string& path);

// A file that is written piece by piece under another name in its folder and takes its own when it is done:
// as write_atomic. All throw OutputError; without `commit` nothing stays.
class AtomicFile {
 public:
  explicit AtomicFile(const std::string& path);
  ~AtomicFile();
  AtomicFile(AtomicFile&&) = delete;

  void write(std::string_view bytes);
  // Zeros up to this size, which take no space until they are written over.
  void extend(uint64_t size);
  // Unsynced: readers see the old content or the new as well, but a power cut may leave an empty file.
  enum class Sync { yes, no };
  void commit(Sync sync = Sync::yes);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Writes a temporary file in the folder of `path`, syncs it, renames it to `path` and syncs the folder:
// readers see the old content or the new, never a part. Throws OutputError; then the temporary file is
// removed and `path` is unchanged.
void write_atomic(const std::string& path, std::string_view bytes);

// A file that grows by whole blocks; each is on disk (fdatasync) when append returns. Holds an advisory lock
// while it exists.
class AppendFile {
 public:
  enum class Mode { create_new, open_existing };
  // Opens and locks the file. Throws OutputError (create_new: also if the path exists), Error(busy) if
  // another process holds the lock.
  AppendFile(const std::string& path, Mode mode);
  ~AppendFile();
  AppendFile(AppendFile&&) noexcept;
  AppendFile& operator=(AppendFile&&) noexcept;

  // Throws OutputError; then the file is truncated to its previous length, so that no partial line remains.
  void append(std::string_view bytes);
  // What is in the file, whoever wrote it, is on the disk when it returns. Throws OutputError.
  void sync();
  // Throws OutputError: since the last write somebody else has removed, replaced, cut or lengthened the file.
  // append asks this itself.
  void require_untouched() const;
  // Truncates the file to `size` bytes, at most size(). Throws OutputError.
  void truncate(uint64_t size);
  [[nodiscard]] uint64_t size() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tf_injector::detail
