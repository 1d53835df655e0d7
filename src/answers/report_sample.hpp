// The faults of a finished report as a sample of the network's faults.
#pragma once

#include <string>

#include "answers/report_metadata.hpp"
#include "answers/sample_design.hpp"
#include "tf_injector/model.hpp"
#include "tf_injector/report.hpp"

namespace tf_injector::detail {

struct ReportSample {
  AskedReport asked;      // as it stands in the file
  FinishedReport report;  // each bit once
  SampleDesign design;    // of these rows
};

// Its metadata say how the list was drawn, how large the layers are, and in which format the weights are
// stored. Throws Error(bad_input): no report,
// unfinished, without faults, faults that are not flips of one bit of a kernel, or metadata that do not fit.
[[nodiscard]] ReportSample read_report_sample(const std::string& path, StorageFormat without_metadata);
// The same with the model and, where it is given, the list's plan instead of the metadata's. Throws
// Error(bad_input) also where the metadata name another model.
[[nodiscard]] ReportSample read_report_sample(const std::string& path, const Model& model,
                                              const std::string& plan);

}  // namespace tf_injector::detail
