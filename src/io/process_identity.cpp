#include "io/process_identity.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>

#include "io/posix.hpp"

namespace tf_injector::detail {
namespace {

// Of a file below /proc; "" if it cannot be read.
std::string proc_text(const std::string& path) {
  const posix::UniqueFd fd = posix::open_file(path, O_RDONLY);
  std::array<char, 1024> text{};
  const ptrdiff_t n = fd.valid() ? posix::read_full(fd.get(), text.data(), text.size()) : 0;
  return {text.data(), static_cast<size_t>(std::max<ptrdiff_t>(n, 0))};
}

std::string target_of(const char* link) {
  std::array<char, 256> text{};
  const ssize_t n = ::readlink(link, text.data(), text.size());
  return {text.data(), static_cast<size_t>(std::max<ssize_t>(n, 0))};
}

uint64_t hash_of(std::string_view text) {  // FNV-1a
  uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash;
}

std::string machine_text() {
  const std::string boot = proc_text("/proc/sys/kernel/random/boot_id");
  const std::string processes = target_of("/proc/self/ns/pid");
  if (boot.empty() || processes.empty()) return "";
  return fmt::format("{:016x}", hash_of(host_name() + "\n" + boot + "\n" + processes));
}

template <typename Number>
bool parse_number(std::string_view text, Number& value, int base = 10) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  return error == std::errc() && end == text.data() + text.size();
}

// A field of /proc/<process>/stat, from 3 on; "" where there is none. The second, the program's name in
// parentheses, may hold anything.
std::string field_of(int64_t process, int number) {
  const std::string stat = proc_text(fmt::format("/proc/{}/stat", process));
  size_t at = stat.rfind(')');
  for (int field = 2; field < number && at != std::string::npos; ++field) at = stat.find(' ', at + 1);
  if (at == std::string::npos) return "";
  return stat.substr(at + 1, stat.find(' ', at + 1) - at - 1);
}

uint64_t start_time_of(int64_t process) {
  uint64_t start = 0;
  return parse_number(field_of(process, 22), start) ? start : 0;
}

// It has ended, and its parent has not asked how.
bool is_zombie(int64_t process) { return field_of(process, 3) == "Z"; }

}  // namespace

std::string host_name() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "";
}

ProcessIdentity this_process() {
  static const std::string machine = machine_text();
  // Nothing with a destructor: the C library ends a process that has no memory to register one.
  thread_local int64_t process = 0;
  thread_local uint64_t start = 0;
  if (const int64_t now = ::getpid(); process != now) {  // the first call, or a fork
    start = start_time_of(now);
    process = now;
  }
  return {.machine = machine, .process = process, .start = start};
}

bool is_gone(const ProcessIdentity& process) {
  const ProcessIdentity own = this_process();
  if (own.machine.empty() || process.machine != own.machine || process.process < 1) return false;
  if (::kill(static_cast<pid_t>(process.process), 0) != 0 && errno == ESRCH) return true;
  if (is_zombie(process.process)) return true;
  const uint64_t start = start_time_of(process.process);
  return start != 0 && process.start != 0 && start != process.start;
}

std::string identity_text(const ProcessIdentity& process) {
  return fmt::format("{}-{}-{}", process.machine, process.process, process.start);
}

std::optional<ProcessIdentity> parse_identity(std::string_view text) {
  const size_t first = text.find('-'), second = text.find('-', first + 1);
  if (first == std::string_view::npos || second == std::string_view::npos) return std::nullopt;
  ProcessIdentity process{.machine = std::string(text.substr(0, first))};
  uint64_t machine = 0;
  const bool is_machine =
      process.machine.empty() || (process.machine.size() == 16 && parse_number(process.machine, machine, 16));
  if (!is_machine || !parse_number(text.substr(first + 1, second - first - 1), process.process) ||
      !parse_number(text.substr(second + 1), process.start) || process.process < 1)
    return std::nullopt;
  return process;
}

}  // namespace tf_injector::detail
