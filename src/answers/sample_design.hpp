// How the faults of a report were drawn: which groups of faults were sampled alike, and how large they are.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "report/run_metadata.hpp"
#include "tf_injector/report_statistics.hpp"

namespace tf_injector::detail {

// A layer with its faults.
struct DesignLayer {
  std::string name;     // as the report names it
  std::string path;     // with the models around it; where it is not known, the name
  double elements = 0;  // of its kernel
};

// A bit of a layer: all its faults were equally likely.
struct DesignCell {
  size_t layer = 0;
  int bit = 0;
  size_t group = 0;       // that it was sampled in
  double population = 0;  // faults
};

// What is known of the list besides its rows.
struct DesignSources {
  std::string plan = {};                           // SamplingPlan::json; "": none
  std::vector<KernelLayer> layers = {};            // of the model; empty: not known
  StorageFormat storage = StorageFormat::float32;  // of its weights
};

// Within a group faults are a simple random sample without replacement.
struct SampleDesign {
  std::vector<DesignLayer> layers;
  StorageFormat storage = StorageFormat::float32;
  std::vector<DesignCell> cells;  // by layer, then by bit from the highest down
  size_t groups = 1;
  bool sizes_known = false;  // else populations are a large number
  std::vector<size_t> cell_of_row;
  SamplingDesign summary;
  std::vector<std::string> remarks;
};

// May this layer be called so: by its path, or by the end of it?
[[nodiscard]] bool is_name_of(const std::string& name, const std::string& path);

// Throws Error(bad_input): `label`: a plan or layers that do not fit the rows.
[[nodiscard]] SampleDesign sample_design(std::span<const ReportRow> rows, const DesignSources& sources,
                                         const std::string& label);

}  // namespace tf_injector::detail
