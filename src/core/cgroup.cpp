#include "core/cgroup.hpp"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <sstream>
#include <string_view>
#include <vector>

namespace tf_injector::detail {
namespace {

// A limit of this size or more means "none": v1 writes the largest multiple of a page below 2^63.
constexpr uint64_t kNoMemoryLimit = uint64_t{1} << 62;

std::optional<std::string> read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return std::nullopt;
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

template <typename Number>
std::optional<Number> parse_number(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.remove_suffix(1);
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

template <typename Number>
std::optional<Number> read_number(const std::string& path) {
  const auto text = read_file(path);
  return text ? parse_number<Number>(*text) : std::nullopt;
}

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::istringstream in(text);
  for (std::string part; std::getline(in, part, separator);) parts.push_back(part);
  return parts;
}

bool has_word(const std::string& list, const std::string& word) {
  const auto words = split(list, ',');
  return std::find(words.begin(), words.end(), word) != words.end();
}

// mountinfo writes blanks in paths as \040 and so on.
std::string unescape_octal(const std::string& text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    unsigned code = 0;
    if (text[i] == '\\' && i + 3 < text.size() &&
        std::from_chars(&text[i + 1], &text[i + 1] + 3, code, 8).ptr == &text[i + 1] + 3) {
      out += static_cast<char>(code);
      i += 3;
    } else {
      out += text[i];
    }
  }
  return out;
}

// The process's path in the hierarchy of `controller` (v1), or in the unified one when `controller` is empty
// (v2).
std::optional<std::string> group_path(const std::string& root, const std::string& controller) {
  const auto text = read_file(root + "/proc/self/cgroup");
  if (!text) return std::nullopt;
  for (const std::string& line : split(*text, '\n')) {  // id:controllers:path
    const size_t first = line.find(':');
    const size_t second = first == std::string::npos ? first : line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    if (controller.empty() ? controllers.empty() : has_word(controllers, controller))
      return line.substr(second + 1);
  }
  return std::nullopt;
}

struct Mount {
  std::string group;   // the group that is mounted, as the process sees the hierarchy
  std::string folder;  // where
};

std::optional<Mount> find_mount(const std::string& root, const std::string& controller) {
  const auto text = read_file(root + "/proc/self/mountinfo");
  if (!text) return std::nullopt;
  for (const std::string& line :
       split(*text, '\n')) {  // id parent dev root folder options [tags] - type source options
    const size_t dash = line.find(" - ");
    if (dash == std::string::npos) continue;
    const auto left = split(line.substr(0, dash), ' ');
    const auto right = split(line.substr(dash + 3), ' ');
    if (left.size() < 5 || right.size() < 3) continue;
    const bool match =
        controller.empty() ? right[0] == "cgroup2" : right[0] == "cgroup" && has_word(right[2], controller);
    if (match) return Mount{.group = unescape_octal(left[3]), .folder = unescape_octal(left[4])};
  }
  return std::nullopt;
}

// The group's folder and its parents up to the mount point. For a group outside of the mounted hierarchy (in
// a container that shares the host's namespace) it is the mount point alone.
std::vector<std::string> group_folders(const std::string& root, const std::string& controller) {
  const auto path = group_path(root, controller);
  const auto mount = find_mount(root, controller);
  if (!path || !mount) return {};
  std::string relative = *path;
  if (mount->group != "/") {
    const bool inside = relative == mount->group || relative.starts_with(mount->group + "/");
    relative = inside ? relative.substr(mount->group.size()) : "";
  }
  if (relative == "/" || relative.find("..") != std::string::npos) relative.clear();
  std::vector<std::string> folders;
  for (;;) {
    folders.push_back(root + mount->folder + relative);
    if (relative.empty()) return folders;
    relative.resize(relative.rfind('/') == std::string::npos ? 0 : relative.rfind('/'));
  }
}

template <typename Number>
void lower(std::optional<Number>& limit, std::optional<Number> other) {
  if (other && (!limit || *other < *limit)) limit = other;
}

// v2: "max 100000" or "150000 100000".
std::optional<double> cpus_v2(const std::string& folder) {
  const auto text = read_file(folder + "/cpu.max");
  if (!text) return std::nullopt;
  std::istringstream in(*text);
  std::string quota, period;
  in >> quota >> period;
  const auto q = parse_number<int64_t>(quota), p = parse_number<int64_t>(period);
  if (!q || !p || *q <= 0 || *p <= 0) return std::nullopt;
  return static_cast<double>(*q) / static_cast<double>(*p);
}

std::optional<double> cpus_v1(const std::string& folder) {
  const auto q = read_number<int64_t>(folder + "/cpu.cfs_quota_us");  // -1: none
  const auto p = read_number<int64_t>(folder + "/cpu.cfs_period_us");
  if (!q || !p || *q <= 0 || *p <= 0) return std::nullopt;
  return static_cast<double>(*q) / static_cast<double>(*p);
}

// The value of `key` in a file of "key value" lines; 0 if it is missing.
uint64_t stat_value(const std::string& path, const std::string& key) {
  const auto text = read_file(path);
  if (!text) return 0;
  std::istringstream in(*text);
  std::string word;
  for (uint64_t value = 0; in >> word >> value;) {
    if (word == key) return value;
  }
  return 0;
}

struct MemoryFiles {
  const char* limit;
  const char* usage;
  const char* reclaimable;  // key in memory.stat: file pages not used lately, which the kernel can drop
};
constexpr MemoryFiles kMemoryV2{"/memory.max", "/memory.current", "inactive_file"};
constexpr MemoryFiles kMemoryV1{"/memory.limit_in_bytes", "/memory.usage_in_bytes", "total_inactive_file"};

std::optional<uint64_t> memory_left(const std::string& folder, const MemoryFiles& files) {
  const auto limit = read_number<uint64_t>(folder + files.limit);  // "max" is no number
  const auto usage = read_number<uint64_t>(folder + files.usage);
  if (!limit || !usage || *limit >= kNoMemoryLimit) return std::nullopt;
  const uint64_t cache = std::min(*usage, stat_value(folder + "/memory.stat", files.reclaimable));
  const uint64_t used = *usage - cache;
  return *limit > used ? *limit - used : 0;
}

}  // namespace

CgroupLimits read_cgroup_limits(const std::string& root) {
  CgroupLimits limits;
  for (const std::string& folder : group_folders(root, "")) {
    lower(limits.cpus, cpus_v2(folder));
    lower(limits.memory_left, memory_left(folder, kMemoryV2));
  }
  for (const std::string& folder : group_folders(root, "cpu")) lower(limits.cpus, cpus_v1(folder));
  for (const std::string& folder : group_folders(root, "memory")) {
    lower(limits.memory_left, memory_left(folder, kMemoryV1));
  }
  return limits;
}

std::optional<uint64_t> read_available_memory(const std::string& root) {
  const auto text = read_file(root + "/proc/meminfo");
  if (!text) return std::nullopt;
  for (const std::string& line : split(*text, '\n')) {
    if (!line.starts_with("MemAvailable:")) continue;
    std::istringstream in(line.substr(line.find(':') + 1));
    uint64_t kib = 0;
    if (in >> kib) return kib * 1024;
  }
  return std::nullopt;
}

}  // namespace tf_injector::detail
