// Saves scores in a folder: clean.npy for the golden run and one file per fault. In mode `one` they are not
// written by this (report/score_array.hpp), but their space is known.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "tf_injector/report.hpp"

namespace tf_injector::detail {

class ScoreFiles {
 public:
  // Files of `images` x `classes` float32. Writes nothing yet.
  ScoreFiles(std::string folder, ScoreMode mode, int64_t images, int64_t classes);

  [[nodiscard]] const std::string& folder() const noexcept { return folder_; }
  [[nodiscard]] ScoreMode mode() const noexcept { return mode_; }
  [[nodiscard]] size_t scores() const noexcept {
    return static_cast<size_t>(images_ * classes_);
  }                                                               // of a file
  [[nodiscard]] std::string golden_path() const;                  // .../clean.npy
  [[nodiscard]] std::string fault_path(int64_t injection) const;  // .../inj_7.npy; `changed`: .../inj_7.npz

  // Creates the folder and checks that files can be created in it. Does nothing in mode `none`. Throws
  // OutputError.
  void prepare() const;
  // What the files hold of scores of images x classes.
  [[nodiscard]] std::string golden_bytes(std::span<const float> scores) const;
  [[nodiscard]] std::string fault_bytes(std::span<const float> scores, std::span<const float> golden) const;
  // Write these; each file appears whole or not at all. Do nothing in mode `none`. Throw
  // OutputError.
  void write_golden(std::span<const float> scores) const;
  // False: it was there already, from a run that was killed before its row was written; only its name may not
  // be on the disk yet (sync_names).
  bool write_fault(int64_t injection, std::span<const float> scores, std::span<const float> golden) const;
  void sync_names() const;

  // True if the fault's file exists and has its full size (in mode `changed`, where the number of rows is not
  // known, if it is not empty). True in mode `none`.
  [[nodiscard]] bool has_fault(int64_t injection) const;
  // The same for clean.npy.
  [[nodiscard]] bool has_golden() const;

  // Disk space, in bytes, of clean.npy and the files of `faults` faults; in mode `changed` an upper bound.
  [[nodiscard]] uint64_t disk_bytes(size_t faults) const;
  // Throws Error(output) if the files of `faults` faults do not fit on the folder's file system. Checked in
  // modes `all` and `one` only: what `changed` needs is not known.
  void require_space(size_t faults) const;

 private:
  [[nodiscard]] uint64_t bytes_per_fault() const;
  [[nodiscard]] uint64_t npy_bytes_of_all() const;

  std::string folder_;
  ScoreMode mode_;
  int64_t images_, classes_;
};

// Removes clean.npy, inj_<number>.npy, .npz and the files of a score array from a folder, and nothing else.
// Throws OutputError.
void remove_score_files(const std::string& folder);

// "none", "changed", "all", "one"
[[nodiscard]] const char* score_mode_name(ScoreMode mode);
// The mode of this name, if there is one.
[[nodiscard]] std::optional<ScoreMode> score_mode_of(std::string_view name);

}  // namespace tf_injector::detail
