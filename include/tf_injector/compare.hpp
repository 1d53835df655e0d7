// Two results of the same faults held against each other: reports of this program, reports of the Python
// tool, published result lists.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tf_injector/fault.hpp"

namespace tf_injector {

// What a file says of one fault.
struct FaultResult {
  Fault fault = {};                  // in the coordinates of the file
  int64_t images = 0;                // at least 1
  std::vector<int64_t> counts = {};  // of images, one for each column of the file
};

// What a file says of the run without a fault.
struct GoldenResult {
  int64_t images = 0;
  std::vector<std::optional<int64_t>> counts = {};  // one for each column of the file; none: empty there
};

// The results of faults, a row each.
struct FaultResults {
  // Reads a CSV file with a header: a column each for the fault's number (inj_id or Injection), layer
  // (target_layer, Layer), index (layer_weigths, layer_weights, TensorIndex), bit (bit_pos, Bit), the number
  // of images (n_injections) and at least one count of a report (tally_columns); others are left out. An
  // unfinished report is read as far as it goes. Beside a report its metadata are read, if there are any.
  // Throws Error(bad_input): "path:line:column: what", a line per problem, at most 100.
  [[nodiscard]] static FaultResults read(const std::string& path);
  // The same from text, without metadata; `name` stands for the file in messages.
  [[nodiscard]] static FaultResults parse(std::string_view csv, const std::string& name);

  std::string source = {};
  std::vector<std::string> columns = {};  // the counts, in the order of a report, spelled as there
  std::optional<GoldenResult> golden = {};
  std::vector<FaultResult> rows = {};  // each number once
  bool is_unfinished = false;
  std::vector<std::string> notes = {};  // what is unusual: one line each
  // What the metadata say of the run: "the model's SHA-256" and its value; none: there are no metadata.
  std::vector<std::pair<std::string, std::string>> settings = {};
};

struct CompareOptions {
  size_t top = 10;  // rows that differ most, at most so many
};

// A count, over the faults that are in both. Shares are of a row's images, 0 to 1.
struct ColumnComparison {
  std::string name = {};
  int64_t rows = 0, equal = 0;    // equal: the same share
  double mean_difference = 0;     // of the shares, without sign
  double largest_difference = 0;  // the same
  int64_t largest_images = 0;     // the largest difference in images, where the numbers of images are equal
  std::optional<int64_t> largest_fault = {};  // its number; none: all are equal
  int64_t sum_a = 0, sum_b = 0;               // images
  double rate_a = 0, rate_b = 0;              // sums / (faults x images)
  std::vector<int> bits = {};                 // on which some row differs, ascending
};

// A count of both; none: a file does not have it.
struct CountPair {
  std::optional<int64_t> a = {}, b = {};
};

struct GoldenComparison {
  std::string name = {};
  CountPair counts = {};
  bool is_equal = false;  // the same share
};

struct RowDifference {
  Fault fault = {};  // as A names it
  int64_t images_a = 0, images_b = 0;
  std::vector<CountPair> counts = {};  // one for each of Comparison::columns
  double largest_difference = 0;       // of the shares
  size_t largest_column = 0;           // of Comparison::columns
};

// The same number, but another layer, element or bit.
struct FaultMismatch {
  Fault a = {}, b = {};
};

struct Comparison {
  std::string a = {}, b = {};          // the sources
  int64_t faults_a = 0, faults_b = 0;  // rows
  int64_t matched = 0;                 // faults that are in both: the same number, layer, element and bit
  std::vector<int64_t> only_a = {}, only_b = {};  // numbers, in the order of the file
  std::vector<FaultMismatch> mismatches = {};
  std::optional<int64_t> images_a = {}, images_b = {};  // of every row; none: they vary, or there is no row
  bool other_images = false;                            // some fault's number of images is another one in B
  std::vector<ColumnComparison> columns = {};           // that both have
  std::vector<GoldenComparison> golden = {};  // that one of both has; empty: not both have a golden row
  std::vector<RowDifference> rows = {};       // that differ most, the most first
  int64_t differing_rows = 0;
  std::vector<std::string> notes = {};  // one line each: what the files, the runs, the coordinates are
  // Every fault is in both, and every count that both have is the same, the golden run's too.
  bool is_same = false;
  std::string verdict = {};  // in one sentence

  [[nodiscard]] std::string json() const;  // all of it
};

// Faults are matched by their numbers; layer, element and bit must agree as well. Where one of both names
// them as PyTorch does (index (out, in, kh, kw) or (out, in), layers of other names), they are matched by
// that, and it is said. Where the numbers of images differ, shares are compared.
[[nodiscard]] Comparison compare(const FaultResults& a, const FaultResults& b,
                                 const CompareOptions& options = {});

}  // namespace tf_injector
