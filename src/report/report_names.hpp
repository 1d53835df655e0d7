// The names of a campaign's files and folders.
#pragma once

#include <string>

namespace tf_injector::detail {

struct ReportNames {
  std::string dataset;  // "CIFAR10"
  std::string network;  // "ResNet20"
  std::string folder;   // <output>/<dataset>/<network>

  [[nodiscard]] std::string prefix() const { return dataset + "_" + network + "_"; }
};

// "x/r.csv" -> "x/r.run.json"; "x/r.csv" -> "x/r"
[[nodiscard]] std::string metadata_path_of(const std::string& report_path);
[[nodiscard]] std::string without_suffix(const std::string& path);

// Local time for names: "yymmdd_HHMM".
[[nodiscard]] std::string time_stamp();

// The first s of "<stamp>", "<stamp>_2", "<stamp>_3", ... such that neither <folder>/<prefix><s>.csv, nor its
// metadata, nor the score folder <folder>/<s> exists.
[[nodiscard]] std::string free_stamp(const ReportNames& names, const std::string& stamp);

}  // namespace tf_injector::detail
