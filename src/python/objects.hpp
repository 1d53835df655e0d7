// Models, fault lists, data sets and options as classes of the module.
#pragma once

#include <nanobind/nanobind.h>

#include <string>

#include "tf_injector/storage.hpp"

namespace tf_injector::detail::python {

// Adds Model, storage_names and storage_fields.
void bind_model(nanobind::module_& module);
// The format of that name, which the package has checked.
[[nodiscard]] StorageFormat storage_of(const std::string& name);
// Adds FaultList, parse_fault_columns and fault_rows_to_csv.
void bind_fault_list(nanobind::module_& module);
// Adds Dataset and dataset_names.
void bind_dataset(nanobind::module_& module);
// Adds SessionOptions.
void bind_options(nanobind::module_& module);
// Adds run_campaign, predict, read_report and tally_columns.
void bind_runs(nanobind::module_& module);
// Adds FaultResults and compare.
void bind_answers(nanobind::module_& module);
// Adds parse_fault and explain.
void bind_explain(nanobind::module_& module);
// Adds ReportStatistics, ReportStatisticsOptions and report_statistics.
void bind_statistics(nanobind::module_& module);
// Adds ProtectOptions, ProtectionStudy and protection_study.
void bind_protect(nanobind::module_& module);

// Adds EstimateOptions and estimate.
void bind_estimate(nanobind::module_& module);
// Adds SliceRunner, SliceWriter and slice_head.
void bind_slices(nanobind::module_& module);
// Adds VerifyInputs, verify and has_metadata.
void bind_verify(nanobind::module_& module);
// Adds MergeOptions and merge.
void bind_merge(nanobind::module_& module);

}  // namespace tf_injector::detail::python
