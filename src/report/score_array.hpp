// All scores of a report in one array, scores.npy, and which row of the report stands where,
// scores.index.csv.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>

#include "io/posix.hpp"
#include "tf_injector/fault_table.hpp"

namespace tf_injector::detail {

// float32, (faults + 1, images, classes): at place 0 the scores of the golden row, at place i those of the
// report's row i. The file has its full size from the beginning, and each place is written where it stands:
// nothing of a place whose row is not in the report counts.
class ScoreArray {
 public:
  // `id_of` row i of the report, which has so many. Opens nothing.
  ScoreArray(const std::string& folder, size_t rows, std::function<int64_t(size_t)> id_of, int64_t images,
             int64_t classes);
  // `faults` are those of the report, in the order of its rows, and must outlive it.
  ScoreArray(const std::string& folder, FaultRows faults, int64_t images, int64_t classes)
      : ScoreArray(
            folder, faults.size(), [faults](size_t row) { return faults.id(row); }, images, classes) {}

  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  [[nodiscard]] const std::string& index_path() const noexcept { return index_path_; }
  // What is in the index, and in the array before place 0.
  [[nodiscard]] std::string index_text() const;
  [[nodiscard]] const std::string& header() const noexcept { return header_; }
  // Of the whole array.
  [[nodiscard]] uint64_t bytes() const noexcept;
  // Of a place.
  [[nodiscard]] size_t place_bytes() const noexcept { return place_bytes_; }
  [[nodiscard]] uint64_t offset_of(size_t place) const noexcept {
    return header_.size() + place * place_bytes_;
  }

  // Both files are there, with this index and an array of this shape.
  [[nodiscard]] bool is_whole() const;
  // Opens the array, which is made with its index unless both are there, and writes place 0. `rows` that the
  // report has: then they must be there. Throws OutputError.
  void begin(std::span<const float> golden, size_t rows);
  // Different places may be written at the same time. Throws OutputError.
  void write(size_t place, std::span<const float> scores) const;
  // What was written is on the disk when it returns, in the file that stands there under this name. Throws
  // OutputError.
  void sync() const;
  // Scores of a place, which begin or open made readable. Throws Error(bad_input).
  void read(size_t place, std::span<float> scores) const;
  void open_to_read();

 private:
  std::string path_, index_path_;
  size_t rows_;
  std::function<int64_t(size_t)> id_of_;
  std::string header_;
  size_t place_bytes_;
  posix::UniqueFd fd_;
};

// The two files, as remove_score_files knows them.
[[nodiscard]] bool is_score_array_file(const std::string& name);

}  // namespace tf_injector::detail
