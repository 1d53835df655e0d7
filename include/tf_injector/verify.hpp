// A finished report held against what its model, faults and data give: rows are evaluated once more, and
// every byte must be the same.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tf_injector/campaign.hpp"
#include "tf_injector/dataset.hpp"
#include "tf_injector/datasets.hpp"
#include "tf_injector/fault_list.hpp"
#include "tf_injector/model.hpp"
#include "tf_injector/session.hpp"
#include "tf_injector/storage.hpp"

namespace tf_injector {

// What the report is held against. What is not given is read from where the report's metadata say it was.
// Whether given or read, it must be what the metadata name by its SHA-256.
struct VerifyInputs {
  std::optional<Model> model = {};
  std::string model_path = {};  // where `model` is not given; "": as the metadata say
  // Of its weights, where `model` is not given; none: as the metadata say, without them float32.
  std::optional<StorageFormat> storage = {};
  std::optional<FaultList> faults = {};
  std::string fault_list_path = {};
  std::optional<Dataset> dataset = {};
  std::string data_path = {};
  std::string dataset_name = {};  // of a named set, to find it; without metadata it decides the preprocessing
  bool allow_download = false;
  // Of a report without metadata, as one of the Python tool: how it was run. Where there are metadata they
  // decide, and of `session` only what changes no bit is used.
  SessionOptions session = {};
  Resize resize = Resize::pillow;
  std::optional<int64_t> resume_from = {};
};

struct VerifyOptions {
  std::optional<int64_t> sample = 100;  // rows that are evaluated; none: all
  uint64_t seed = 1;                    // which rows: drawn without replacement
};

// Something is not what it should be.
struct VerifyDifference {
  std::string file = {};         // path
  int64_t line = 0, column = 0;  // of a text file, from 1; 0: it is not about a place in it
  std::string what = {};         // "critical of fault 1228", "the model's SHA-256"
  std::string expected = {}, found = {};
};

struct Verification {
  std::string report = {};   // path
  std::string verdict = {};  // in one sentence
  bool has_metadata = false;
  int64_t rows = 0;          // faults of the report
  int64_t rows_checked = 0;  // evaluated on all images and compared
  int64_t images = 0;
  int64_t score_files = 0, details_rows = 0;  // compared: files of scores, rows of the details
  // SHA-256 that were found as the metadata record them: "model", "fault list", "data", "report", "details".
  std::vector<std::string> hashes = {};
  uint64_t seed = 0;
  double seconds = 0;
  static constexpr size_t kMostDifferences = 100;
  std::vector<VerifyDifference> differences = {};  // the first of them
  int64_t more_differences = 0;

  [[nodiscard]] bool is_same() const noexcept { return differences.empty(); }
  [[nodiscard]] std::string json() const;
};

// Compares, in this order: the SHA-256 of model, fault list and data (the first that differs ends it), the
// settings, the report's SHA-256, the fault of every row, the golden row with scores of the golden run, and
// drawn rows with their files of scores and details. Files of scores are compared where the metadata, or
// without metadata the folder beside the report, have them. Throws Error(bad_input): no report, metadata that
// are none, or none and an input is missing; Error(resume): the report is unfinished, or of weights that are
// stored in another format; what reading the
// inputs, a Session and a Campaign throw. `callbacks.golden` and `callbacks.progress` are told as by a
// campaign of the drawn rows.
[[nodiscard]] Verification verify(const std::string& report, const VerifyInputs& inputs = {},
                                  const VerifyOptions& options = {}, const CampaignCallbacks& callbacks = {});

// Has the report metadata beside it? Then nothing need be given.
[[nodiscard]] bool has_metadata(const std::string& report);

}  // namespace tf_injector
