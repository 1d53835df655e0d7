// What the columns of a report cannot hold of a fault: NaN and Inf, confidence, where decisions went.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tf_injector {

// Of one fault, over the images of its row in the report. docs/interface.md, "Details", defines every field.
struct FaultDetails {
  int64_t nan_images = 0, inf_images = 0;    // with a NaN, with an infinity among the scores
  int64_t sdc5 = 0;                          // images - top_5_robust
  int64_t sdc10pct = 0, sdc20pct = 0;        // the golden class's confidence differs by more than 10 %, 20 %
  int64_t fixed = 0, broken = 0;             // wrong without the fault and right with it; the reverse
  int64_t majority_class = -1;               // that most changed decisions went to; -1: none has changed
  int64_t majority_images = 0;               // the changed decisions that went there
  float max_abs_logit_change = 0;            // of any score of any image
  float golden_value = 0, faulty_value = 0;  // of the weight, that of the first part
};

// A column of the file behind inj_id: a count of images or the class (empty where it is -1), or a float32.
struct DetailsColumn {
  std::string_view name;
  int64_t FaultDetails::*count = nullptr;
  float FaultDetails::*real = nullptr;  // where `count` is null
};
// Every column, in the order of the file.
[[nodiscard]] std::span<const DetailsColumn> details_columns() noexcept;

// Changed decisions are counted by golden and faulty class for networks of up to so many classes.
inline constexpr int64_t kMostConfusionClasses = 200;

struct DetailsRow {
  int64_t id = 0;  // of the fault
  FaultDetails details = {};
};
// Reads a file that `CsvReport` has written. Throws Error(bad_input): "path:line:column: what; expected ...;
// found ...", or that its last line is torn.
[[nodiscard]] std::vector<DetailsRow> read_details(const std::string& path);

}  // namespace tf_injector
