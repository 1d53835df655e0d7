#include "core/nearest_name.hpp"

#include <algorithm>
#include <numeric>

namespace tf_injector::detail {
namespace {

// Levenshtein distance; if it exceeds `limit`, any value above `limit` may be returned.
size_t edit_distance(std::string_view a, std::string_view b, size_t limit) {
  if ((a.size() > b.size() ? a.size() - b.size() : b.size() - a.size()) > limit) return limit + 1;
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 0; i < a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i + 1;
    for (size_t j = 0; j < b.size(); ++j) {
      const size_t substituted = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({substituted, row[j] + 1, diagonal + 1});
    }
  }
  return row.back();
}

}  // namespace

std::string nearest_name(std::string_view name, const std::vector<std::string>& known) {
  std::string nearest;
  size_t least = 0;
  for (const std::string& candidate : known) {
    const size_t near = std::max<size_t>(1, std::max(name.size(), candidate.size()) / 3);
    const size_t limit = nearest.empty() ? near : std::min(near, least - 1);
    const size_t distance = edit_distance(name, candidate, limit);
    if (distance > limit) continue;
    nearest = candidate;
    least = distance;
    if (least == 0) break;
  }
  return nearest;
}

}  // namespace tf_injector::detail
