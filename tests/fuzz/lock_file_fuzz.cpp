// A lock file that another run has left, or a name of a file in the folder of a report: whose is it? The
// first byte says which of the two. "HERE" at the beginning of a lock file stands for this machine; behind a
// NUL stands the file with which a third run has begun to take the lock over.
#include "fuzz_target.hpp"
#include "io/lock_file.hpp"
#include "io/process_identity.hpp"
#include "io/temporary_file.hpp"

using namespace tf_injector;
using namespace tf_injector::detail;

namespace {

std::string with_machine(std::string text) {
  constexpr std::string_view kHere = "HERE";
  return text.starts_with(kHere) ? text.replace(0, kHere.size(), this_process().machine) : text;
}

void check_lock(const fuzz::ScratchFolder& folder, const std::string& parts) {
  const size_t nul = std::min(parts.find('\0'), parts.size());
  const std::string text = with_machine(parts.substr(0, nul));
  const std::optional<ProcessIdentity> process = parse_identity(text.substr(0, text.find('\n')));
  if (process)
    fuzz::require(parse_identity(identity_text(*process)) == process,
                  "written and read again, another process");
  const std::string path = folder.write("r.csv.lock", text);
  const bool has_claim = nul < parts.size() && process && is_gone(*process);
  const std::string claim =
      has_claim ? folder.write("r.csv.lock." + identity_text(*process), with_machine(parts.substr(nul + 1)))
                : "";
  std::string owner;
  const auto lock = fuzz::accepted([&] { return LockFile::try_take(path, owner); }, {ErrorKind::output});
  if (has_claim) std::filesystem::remove(claim);
  if (lock && *lock) {
    fuzz::require(process && is_gone(*process), "the lock of a process that is not gone was taken over");
    fuzz::require(!has_claim, "the lock was taken over while another run was doing that");
    return;
  }
  fuzz::require(fuzz::read_file(path) == text, "the lock of another process is changed");
  fuzz::check_message(owner);
  fuzz::require(owner.find('\n') == std::string::npos, "an owner in several lines");
}

void check_name(const fuzz::ScratchFolder& folder, const std::string& name) {
  constexpr size_t kLongest = 200;
  const bool is_name = !name.empty() && name.size() <= kLongest && name != "." && name != ".." &&
                       name.find('/') == std::string::npos && name.find('\0') == std::string::npos;
  if (!is_name) return;
  const std::string path = folder.write("names/" + name, "mine");
  const bool is_temporary = name.starts_with(".tf_injector-") && name.ends_with(".tmp");
  for (const bool is_owned : {false, true}) {
    remove_abandoned_files(folder / "names", is_owned);
    fuzz::require(is_temporary || fuzz::read_file(path) == "mine", "a file of somebody else is gone");
  }
  std::filesystem::remove(path);
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  static const fuzz::ScratchFolder folder;
  const std::string text(fuzz::as_text(data + 1, size - 1));
  if (data[0] % 2 == 0) {
    check_lock(folder, text);
  } else {
    check_name(folder, text);
  }
  return 0;
}
