#include "io/zip_file_source.hpp"

#include <algorithm>
#include <cerrno>
#include <memory>
#include <new>

#include "io/posix_names.hpp"

namespace tf_injector::detail {
namespace {

struct FileSource {
  int fd;
  uint64_t size;
  uint64_t offset = 0;
  zip_error_t error{};
};

zip_int64_t read_on(FileSource& file, void* data, zip_uint64_t length) {
  const uint64_t wanted = std::min<uint64_t>(length, file.size - file.offset);
  const ptrdiff_t n = posix::read_at(file.fd, data, static_cast<size_t>(wanted), file.offset);
  if (n < 0) {
    zip_error_set(&file.error, ZIP_ER_READ, errno);
    return -1;
  }
  file.offset += static_cast<uint64_t>(n);
  return n;
}

zip_int64_t seek(FileSource& file, void* data, zip_uint64_t length) {
  const zip_int64_t offset =
      zip_source_seek_compute_offset(file.offset, file.size, data, length, &file.error);
  if (offset < 0) return -1;
  file.offset = static_cast<uint64_t>(offset);
  return 0;
}

zip_int64_t stat_of(const FileSource& file, void* data) {
  auto* stat = static_cast<zip_stat_t*>(data);
  zip_stat_init(stat);
  stat->size = file.size;
  stat->valid |= ZIP_STAT_SIZE;
  return sizeof *stat;
}

// NOLINTNEXTLINE: libzip's signature
zip_int64_t answer(void* state, void* data, zip_uint64_t length, zip_source_cmd_t command) {
  auto* file = static_cast<FileSource*>(state);
  switch (command) {
    case ZIP_SOURCE_SUPPORTS:
      return zip_source_make_command_bitmap(ZIP_SOURCE_OPEN, ZIP_SOURCE_READ, ZIP_SOURCE_CLOSE,
                                            ZIP_SOURCE_STAT, ZIP_SOURCE_ERROR, ZIP_SOURCE_FREE,
                                            ZIP_SOURCE_SEEK, ZIP_SOURCE_TELL, ZIP_SOURCE_SUPPORTS, -1);
    case ZIP_SOURCE_OPEN:
      file->offset = 0;
      return 0;
    case ZIP_SOURCE_READ:
      return read_on(*file, data, length);
    case ZIP_SOURCE_SEEK:
      return seek(*file, data, length);
    case ZIP_SOURCE_TELL:
      return static_cast<zip_int64_t>(file->offset);
    case ZIP_SOURCE_STAT:
      return stat_of(*file, data);
    case ZIP_SOURCE_ERROR:
      return zip_error_to_data(&file->error, data, length);
    case ZIP_SOURCE_CLOSE:
      return 0;
    case ZIP_SOURCE_FREE:
      delete file;
      return 0;
    default:
      zip_error_set(&file->error, ZIP_ER_OPNOTSUPP, 0);
      return -1;
  }
}

}  // namespace

zip_source_t* file_source(int fd, uint64_t size, zip_error_t* error) {
  std::unique_ptr<FileSource> file(new (std::nothrow) FileSource{.fd = fd, .size = size});
  if (!file) {
    zip_error_set(error, ZIP_ER_MEMORY, 0);
    return nullptr;
  }
  zip_source_t* source = zip_source_function_create(answer, file.get(), error);
  if (source != nullptr) static_cast<void>(file.release());  // freed with the source
  return source;
}

}  // namespace tf_injector::detail
