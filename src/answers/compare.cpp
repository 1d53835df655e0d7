#include "tf_injector/compare.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <unordered_map>

#include "answers/fault_coordinates.hpp"
#include "session/guarded.hpp"
#include "tf_injector/tally.hpp"

namespace tf_injector {

using namespace detail;
namespace {

constexpr size_t kHashDigits = 12;  // of a SHA-256, in notes

// A column that both have: its places in their rows.
struct SharedColumn {
  std::string name;
  size_t a = 0, b = 0;
};

bool same_share(int64_t count_a, int64_t images_a, int64_t count_b, int64_t images_b) {
  return count_a * images_b == count_b * images_a;  // both are below 2^30 (result_file.cpp)
}

// Of whole numbers: two counts that differ by the same number of images differ by the same share.
double share_difference(int64_t count_a, int64_t images_a, int64_t count_b, int64_t images_b) {
  return static_cast<double>(std::abs(count_a * images_b - count_b * images_a)) /
         (static_cast<double>(images_a) * static_cast<double>(images_b));
}

std::optional<size_t> place_of(const std::vector<std::string>& names, const std::string& name) {
  const auto at = std::find(names.begin(), names.end(), name);
  if (at == names.end()) return std::nullopt;
  return static_cast<size_t>(at - names.begin());
}

std::vector<SharedColumn> shared_columns(const FaultResults& a, const FaultResults& b) {
  std::vector<SharedColumn> shared;
  for (size_t i = 0; i < a.columns.size(); ++i)
    if (const auto at = place_of(b.columns, a.columns[i])) shared.push_back({a.columns[i], i, *at});
  return shared;
}

// The number of images of every row, or none.
std::optional<int64_t> images_of(const FaultResults& results) {
  if (results.rows.empty()) return std::nullopt;
  const int64_t images = results.rows.front().images;
  const bool is_same = std::all_of(results.rows.begin(), results.rows.end(),
                                   [&](const FaultResult& row) { return row.images == images; });
  return is_same ? std::optional(images) : std::nullopt;
}

// The rows with the same number; the others' numbers are noted.
RowPairs pair_by_number(const FaultResults& a, const FaultResults& b, Comparison& found) {
  std::unordered_map<int64_t, const FaultResult*> rows_of_b;
  for (const FaultResult& row : b.rows) rows_of_b.emplace(row.fault.id, &row);
  RowPairs pairs;
  std::set<int64_t> numbers;
  for (const FaultResult& row : a.rows) {
    const auto at = rows_of_b.find(row.fault.id);
    if (at == rows_of_b.end()) {
      found.only_a.push_back(row.fault.id);
    } else {
      pairs.emplace_back(&row, at->second);
      numbers.insert(row.fault.id);
    }
  }
  for (const FaultResult& row : b.rows)
    if (!numbers.contains(row.fault.id)) found.only_b.push_back(row.fault.id);
  return pairs;
}

// Keeps the pairs that are the same fault; notes the others.
RowPairs keep_matches(const RowPairs& pairs, Comparison& found) {
  const FaultCoordinates coordinates(pairs);
  if (coordinates.kind() != FaultCoordinates::Kind::same) {
    found.notes.push_back(
        fmt::format("{} names weights as PyTorch does: index (out, in, kh, kw), other names of "
                    "layers; matched by that",
                    coordinates.kind() == FaultCoordinates::Kind::pytorch_in_a ? "A" : "B"));
  }
  RowPairs matches;
  for (const auto& pair : pairs) {
    if (coordinates.match(pair.first->fault, pair.second->fault)) {
      matches.push_back(pair);
    } else {
      found.mismatches.push_back({pair.first->fault, pair.second->fault});
    }
  }
  return matches;
}

ColumnComparison compare_column(const SharedColumn& column, const RowPairs& pairs) {
  ColumnComparison result{.name = column.name, .rows = static_cast<int64_t>(pairs.size())};
  std::set<int> bits;
  int64_t images_a = 0, images_b = 0;
  double sum = 0;
  bool is_in_images = true;
  for (const auto& [a, b] : pairs) {
    const int64_t count_a = a->counts[column.a], count_b = b->counts[column.b];
    result.sum_a += count_a;
    result.sum_b += count_b;
    images_a += a->images;
    images_b += b->images;
    is_in_images = is_in_images && a->images == b->images;
    if (same_share(count_a, a->images, count_b, b->images)) {
      ++result.equal;
      continue;
    }
    if (const std::optional<int> bit = single_bit(a->fault)) bits.insert(*bit);
    const double difference = share_difference(count_a, a->images, count_b, b->images);
    sum += difference;
    result.largest_images = std::max(result.largest_images, std::abs(count_a - count_b));
    if (difference > result.largest_difference) {
      result.largest_difference = difference;
      result.largest_fault = a->fault.id;
    }
  }
  if (!is_in_images) result.largest_images = 0;
  result.bits.assign(bits.begin(), bits.end());
  if (pairs.empty()) return result;
  result.mean_difference = sum / static_cast<double>(pairs.size());
  result.rate_a = static_cast<double>(result.sum_a) / static_cast<double>(images_a);
  result.rate_b = static_cast<double>(result.sum_b) / static_cast<double>(images_b);
  return result;
}

RowDifference row_difference(const std::vector<SharedColumn>& columns, const FaultResult& a,
                             const FaultResult& b) {
  RowDifference row{.fault = a.fault, .images_a = a.images, .images_b = b.images};
  for (size_t i = 0; i < columns.size(); ++i) {
    const int64_t count_a = a.counts[columns[i].a], count_b = b.counts[columns[i].b];
    row.counts.push_back({count_a, count_b});
    if (same_share(count_a, a.images, count_b, b.images)) continue;
    const double difference = share_difference(count_a, a.images, count_b, b.images);
    if (difference > row.largest_difference) {
      row.largest_difference = difference;
      row.largest_column = i;
    }
  }
  return row;
}

void find_differing_rows(const std::vector<SharedColumn>& columns, const RowPairs& pairs, size_t top,
                         Comparison& found) {
  for (const auto& [a, b] : pairs) {
    RowDifference row = row_difference(columns, *a, *b);
    if (row.largest_difference > 0) found.rows.push_back(std::move(row));
  }
  found.differing_rows = static_cast<int64_t>(found.rows.size());
  const auto is_before = [](const RowDifference& x, const RowDifference& y) {
    if (x.largest_difference != y.largest_difference) return x.largest_difference > y.largest_difference;
    return x.fault.id < y.fault.id;
  };
  const size_t kept = std::min(top, found.rows.size());
  std::partial_sort(found.rows.begin(), found.rows.begin() + static_cast<ptrdiff_t>(kept), found.rows.end(),
                    is_before);
  found.rows.resize(kept);
}

// Where both have a golden row: its number of images and every count that one of both has there.
std::vector<GoldenComparison> compare_golden(const FaultResults& a, const FaultResults& b) {
  std::vector<GoldenComparison> rows;
  if (!a.golden || !b.golden) return rows;
  const int64_t images_a = a.golden->images, images_b = b.golden->images;
  rows.push_back({"n_injections", {images_a, images_b}, images_a == images_b});
  for (const TallyColumn& column : tally_columns().subspan(1)) {
    const auto count_in = [&](const FaultResults& results) -> std::optional<int64_t> {
      const auto at = place_of(results.columns, std::string(column.name));
      return at ? results.golden->counts[*at] : std::nullopt;
    };
    const CountPair counts{count_in(a), count_in(b)};
    if (!counts.a && !counts.b) continue;
    const bool is_equal = !counts.a || !counts.b || same_share(*counts.a, images_a, *counts.b, images_b);
    rows.push_back({std::string(column.name), counts, is_equal});
  }
  return rows;
}

std::string shown_setting(const std::string& name, const std::string& value) {
  return name.ends_with("SHA-256") ? value.substr(0, kHashDigits) + "..." : value;
}

void note_settings(const FaultResults& a, const FaultResults& b, Comparison& found) {
  if (a.settings.empty() || b.settings.empty()) return;
  for (const auto& [name, value] : a.settings) {
    const auto at =
        std::find_if(b.settings.begin(), b.settings.end(),
                     [&, &wanted = name](const auto& setting) { return setting.first == wanted; });
    if (at == b.settings.end() || at->second == value) continue;
    found.notes.push_back(fmt::format("{} differs: {} in A, {} in B", name, shown_setting(name, value),
                                      shown_setting(name, at->second)));
  }
}

void note_columns(const FaultResults& a, const FaultResults& b, Comparison& found) {
  const auto note = [&](const FaultResults& has, const FaultResults& other, const char* which) {
    std::vector<std::string> names;
    for (const std::string& name : has.columns)
      if (!place_of(other.columns, name)) names.push_back(name);
    if (!names.empty())
      found.notes.push_back(fmt::format("only {} has {}: not compared", which, fmt::join(names, ", ")));
  };
  note(a, b, "A");
  note(b, a, "B");
}

std::string plural(int64_t count, const char* noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

// "masked on 23 of 24 faults (by up to 99.83 % of the images)"
std::string column_verdict(const ColumnComparison& column, bool other_images) {
  const std::string where =
      fmt::format("{} on {} of {}", column.name, column.rows - column.equal, plural(column.rows, "fault"));
  if (!other_images && column.largest_images <= 10)
    return fmt::format("{} (by {} at most)", where, plural(column.largest_images, "image"));
  return fmt::format("{} (by up to {:.2f} % of the images)", where, 100 * column.largest_difference);
}

std::string verdict_of(const Comparison& found) {
  std::vector<std::string> parts;
  const auto golden = std::find_if(found.golden.begin(), found.golden.end(),
                                   [](const GoldenComparison& row) { return !row.is_equal; });
  if (found.other_images) parts.emplace_back("the numbers of images differ, and shares were compared");
  if (golden != found.golden.end()) parts.push_back("the golden run in " + golden->name);
  std::vector<std::string> equal;
  for (const ColumnComparison& column : found.columns) {
    if (column.equal != column.rows) parts.push_back(column_verdict(column, found.other_images));
    if (column.equal == column.rows && column.rows > 0) equal.push_back(column.name);
  }
  if (!found.mismatches.empty())
    parts.push_back(fmt::format("{} with one number but different weights or bits",
                                plural(static_cast<int64_t>(found.mismatches.size()), "fault")));
  const auto only = [&](const std::vector<int64_t>& ids, const char* which) {
    if (!ids.empty())
      parts.push_back(fmt::format("{} only in {}", plural(static_cast<int64_t>(ids.size()), "fault"), which));
  };
  only(found.only_a, "A");
  only(found.only_b, "B");
  if (found.columns.empty()) parts.emplace_back("they have no count in common");
  const std::string what = found.golden.empty() ? "" : " and the golden run";
  if (parts.empty())
    return fmt::format("the same: {}{}, in every count that both have", plural(found.matched, "fault"), what);
  std::string text = fmt::format("they differ: {}", fmt::join(parts, "; "));
  if (!equal.empty()) text += fmt::format("; equal on all: {}", fmt::join(equal, ", "));
  return text;
}

Comparison make_comparison(const FaultResults& a, const FaultResults& b, const CompareOptions& options) {
  Comparison found{.a = a.source, .b = b.source};
  found.faults_a = static_cast<int64_t>(a.rows.size());
  found.faults_b = static_cast<int64_t>(b.rows.size());
  found.images_a = images_of(a);
  found.images_b = images_of(b);
  found.notes = a.notes;
  found.notes.insert(found.notes.end(), b.notes.begin(), b.notes.end());
  note_settings(a, b, found);
  const RowPairs pairs = keep_matches(pair_by_number(a, b, found), found);
  note_columns(a, b, found);
  found.matched = static_cast<int64_t>(pairs.size());
  found.other_images = std::any_of(
      pairs.begin(), pairs.end(), [](const auto& pair) { return pair.first->images != pair.second->images; });
  if (found.other_images) found.notes.emplace_back("the numbers of images differ: shares are compared");
  const std::vector<SharedColumn> columns = shared_columns(a, b);
  for (const SharedColumn& column : columns) found.columns.push_back(compare_column(column, pairs));
  find_differing_rows(columns, pairs, options.top, found);
  found.golden = compare_golden(a, b);
  const bool golden_is_same = std::all_of(found.golden.begin(), found.golden.end(),
                                          [](const GoldenComparison& row) { return row.is_equal; });
  found.is_same = golden_is_same && !found.other_images && found.differing_rows == 0 && !columns.empty() &&
                  found.only_a.empty() && found.only_b.empty() && found.mismatches.empty();
  found.verdict = verdict_of(found);
  return found;
}

}  // namespace

Comparison compare(const FaultResults& a, const FaultResults& b, const CompareOptions& options) {
  return guarded([&] { return make_comparison(a, b, options); });
}

}  // namespace tf_injector
