#include "report/report_names.hpp"

#include <fmt/format.h>

#include <ctime>
#include <filesystem>

#include "io/file.hpp"

namespace tf_injector::detail {
namespace {

namespace fs = std::filesystem;

}  // namespace

std::string without_suffix(const std::string& path) {
  const fs::path p(path);
  return (p.parent_path() / p.stem()).string();
}

std::string metadata_path_of(const std::string& report_path) {
  return without_suffix(report_path) + ".run.json";
}

std::string time_stamp() {
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  localtime_r(&now, &local);
  char text[16];
  std::strftime(text, sizeof(text), "%y%m%d_%H%M", &local);
  return text;
}

std::string free_stamp(const ReportNames& names, const std::string& stamp) {
  for (int number = 1;; ++number) {
    const std::string candidate = number == 1 ? stamp : fmt::format("{}_{}", stamp, number);
    const std::string report = names.folder + "/" + names.prefix() + candidate + ".csv";
    if (!file_exists(report) && !file_exists(metadata_path_of(report)) &&
        !file_exists(names.folder + "/" + candidate)) {
      return candidate;
    }
  }
}

}  // namespace tf_injector::detail
