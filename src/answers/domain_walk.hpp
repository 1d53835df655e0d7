// A sample in random order, seen from each part of the population: what its next unit was drawn from.
#pragma once

#include <cstdint>
#include <vector>

#include "answers/sample_design.hpp"

namespace tf_injector::detail {

// What happens to a part of the population: a row comes, or units can no longer come.
struct DomainEvent {
  int64_t row = -1;  // of the report; -1: units of a cell are lost
  size_t cell = 0;
  double ratio = 0;   // of the row (stats/sample_mean.hpp)
  double most = 0;    // no unit that could have come had a larger one
  double weight = 0;  // units that the row stands for
  double lost = 0;    // units
};

struct Domain {
  std::vector<size_t> cells = {};
  double population = 0;
  int64_t rows = 0;
  bool is_one_group = true;  // all its faults were equally likely
  std::vector<DomainEvent> events = {};
  std::vector<double> lost = {};  // share that is expected to be lost after each of equal parts of the sample
};

// Fills populations, rows and events of disjoint domains, whose cells are given. The order is the same for a
// number of rows.
void walk(const SampleDesign& design, std::vector<Domain>& domains);

}  // namespace tf_injector::detail
