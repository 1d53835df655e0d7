// Where the rows of a file stand: little memory where they stand on neighbouring lines.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

namespace tf_injector::detail {

class LinePlaces {
 public:
  struct Place {
    int line = 0, column = 0;
  };

  // Of a row behind those that are there.
  void add(size_t row, int line, int column) {
    if (!runs_.empty()) {
      const Place next = at(runs_.back(), row);
      if (next.line == line && next.column == column) return;
    }
    runs_.push_back({.first = row, .place = {.line = line, .column = column}});
  }
  // Of a row that is there.
  [[nodiscard]] Place of(size_t row) const {
    const auto after = std::upper_bound(runs_.begin(), runs_.end(), row,
                                        [](size_t wanted, const Run& run) { return wanted < run.first; });
    return at(*std::prev(after), row);
  }

 private:
  // Rows from `first` on, one a line, all in one column.
  struct Run {
    size_t first = 0;
    Place place;
  };
  static Place at(const Run& run, size_t row) {
    return {.line = run.place.line + static_cast<int>(row - run.first), .column = run.place.column};
  }

  std::vector<Run> runs_;
};

}  // namespace tf_injector::detail
