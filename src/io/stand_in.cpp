#include "io/stand_in.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <string_view>

#include "core/printable.hpp"
#include "io/posix.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail {
namespace {

struct StandIn {
  std::string_view start;
  const char* name;
  const char* remedy;
};
// The first three are those that Git LFS accepts: its own name and two former ones.
constexpr const char* kLfs = "a Git LFS pointer";
constexpr const char* kLfsRemedy = "'git lfs pull' in its repository fetches it";
constexpr StandIn kStandIns[] = {
    {"version https://git-lfs.github.com/spec/", kLfs, kLfsRemedy},
    {"version https://hawser.github.com/spec/", kLfs, kLfsRemedy},
    {"version http://git-media.io/v/", kLfs, kLfsRemedy},
    {"/annex/objects/", "a git-annex pointer", "'git annex get' in its repository fetches it"},
};

// The number after "size " at the start of a line; "" if there is none.
std::string_view size_in(std::string_view text) {
  constexpr std::string_view kLine = "\nsize ";
  const size_t at = text.find(kLine);
  if (at == std::string_view::npos) return {};
  const std::string_view rest = text.substr(at + kLine.size());
  return rest.substr(0, rest.find_first_not_of("0123456789"));
}

}  // namespace

std::string stand_in_problem(std::span<const uint8_t> start) {
  if (start.size() > kStandInBytes) return "";
  const std::string_view text(reinterpret_cast<const char*>(start.data()), start.size());
  for (const StandIn& kind : kStandIns) {
    if (!text.starts_with(kind.start)) continue;
    const std::string_view size = size_in(text);
    return std::string("is ") + kind.name + ", not the file itself" +
           (size.empty() ? "" : " (" + std::string(size) + " bytes)") + "; " + kind.remedy;
  }
  return "";
}

void refuse_stand_in(const std::string& path, std::span<const uint8_t> start) {
  const std::string problem = stand_in_problem(start);
  if (!problem.empty()) throw Error(ErrorKind::bad_input, path + ": " + problem);
}

void refuse_stand_in(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) return;  // a pipe can be opened only once
  const posix::UniqueFd fd = posix::open_file(path, O_RDONLY | O_NONBLOCK);
  uint8_t start[kStandInBytes + 1];
  const ptrdiff_t n = fd.valid() ? posix::read_full(fd.get(), start, sizeof start) : 0;
  refuse_stand_in(path, {start, static_cast<size_t>(std::max<ptrdiff_t>(n, 0))});
}

}  // namespace tf_injector::detail
