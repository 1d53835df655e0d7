#include "cli/console/flag_names.hpp"

#include <algorithm>
#include <array>

namespace tf_injector::detail::cli {
namespace {

constexpr std::array<std::string_view, 45> kOptions = {
    "batch_size",   "bits",        "by",          "check",       "confidence",   "data",       "dataset",
    "details",      "dry_run",     "error",       "fault_list",  "fit_per_mbit", "kernels",    "layers",
    "limit",        "margin",      "max_seconds", "mean",        "memory",       "model",      "n",
    "network_name", "no_download", "output",      "output_path", "overwrite",    "p",          "preprocess",
    "published",    "report",      "resize",      "resume_from", "sample",       "scheme",     "scores",
    "shard",        "state",       "status",      "storage",     "std",          "techniques", "threads",
    "tile",         "to",          "use_tf"};

std::string flag_of(std::string_view option) {
  std::string flag = "--" + std::string(option);
  std::replace(flag.begin(), flag.end(), '_', '-');
  return flag;
}

}  // namespace

std::span<const std::string_view> options_with_flags() noexcept { return kOptions; }

std::string with_flags(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const size_t begin = text.find('`');
    const size_t end = begin == std::string_view::npos ? begin : text.find('`', begin + 1);
    if (end == std::string_view::npos) break;
    const std::string_view option = text.substr(begin + 1, end - begin - 1);
    if (std::find(kOptions.begin(), kOptions.end(), option) == kOptions.end()) {
      result += text.substr(0, end);  // the second quote may begin another option
      text.remove_prefix(end);
      continue;
    }
    result += std::string(text.substr(0, begin)) + flag_of(option);
    text.remove_prefix(end + 1);
  }
  return result + std::string(text);
}

}  // namespace tf_injector::detail::cli
