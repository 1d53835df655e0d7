#include "io/input_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <utility>

#include "io/stand_in.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail {
namespace {

[[noreturn]] void fail_to_read(const std::string& path, int error) {
  throw Error(ErrorKind::bad_input, posix::describe("read", path, error));
}

}  // namespace

InputFile::InputFile(std::string path) : path_(std::move(path)), fd_(posix::open_file(path_, O_RDONLY)) {
  struct stat info {};
  if (!fd_.valid() || fstat(fd_.get(), &info) != 0) fail_to_read(path_, errno);
  if (S_ISDIR(info.st_mode)) fail_to_read(path_, EISDIR);
  if (S_ISREG(info.st_mode)) size_ = static_cast<uint64_t>(info.st_size);
}

size_t InputFile::read(char* into, size_t most) {
  const ptrdiff_t bytes = posix::read_full(fd_.get(), into, most);
  if (bytes < 0) fail_to_read(path_, errno);
  const auto count = static_cast<size_t>(bytes);
  if (!std::exchange(is_begun_, true))
    refuse_stand_in(path_, {reinterpret_cast<const uint8_t*>(into), count});
  return count;
}

}  // namespace tf_injector::detail
