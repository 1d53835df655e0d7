#include "answers/fault_coordinates.hpp"

#include <algorithm>

namespace tf_injector::detail {
namespace {

const FaultPart& part_of(const Fault& fault) { return fault.parts.front(); }

// The name that stands most often beside each.
std::map<std::string, std::string> most_frequent(
    const std::map<std::pair<std::string, std::string>, int64_t>& counts) {
  std::map<std::string, std::pair<std::string, int64_t>> best;
  for (const auto& [names, count] : counts) {
    auto& [name, most] = best[names.first];
    if (count > most) std::tie(name, most) = std::pair(names.second, count);
  }
  std::map<std::string, std::string> names;
  for (const auto& [name, found] : best) names.emplace(name, found.first);
  return names;
}

}  // namespace

std::vector<int64_t> pytorch_index(const std::vector<int64_t>& keras) {
  if (keras.size() == 4) return {keras[3], keras[2], keras[0], keras[1]};
  if (keras.size() == 2) return {keras[1], keras[0]};
  return keras;
}

FaultCoordinates::FaultCoordinates(const RowPairs& pairs) {
  int64_t most = -1;
  for (const Kind kind : {Kind::same, Kind::pytorch_in_a, Kind::pytorch_in_b}) {
    const auto rows = std::count_if(pairs.begin(), pairs.end(), [&](const auto& pair) {
      const Fault &a = pair.first->fault, &b = pair.second->fault;
      return same_element(kind, a, b) && (kind != Kind::same || part_of(a).layer == part_of(b).layer);
    });
    if (rows > most) {
      most = rows;
      kind_ = kind;
    }
  }
  if (kind_ != Kind::same) pair_layers(pairs);
}

bool FaultCoordinates::same_element(Kind kind, const Fault& a, const Fault& b) const {
  const std::vector<int64_t>&index_a = part_of(a).index, &index_b = part_of(b).index;
  if (!single_bit(a) || !single_bit(b)) return is_printed_alike(a, b);
  if (flipped_bit(a) != flipped_bit(b)) return false;
  if (kind == Kind::pytorch_in_a) return index_a == pytorch_index(index_b);
  if (kind == Kind::pytorch_in_b) return pytorch_index(index_a) == index_b;
  return index_a == index_b;
}

// Layers go together where each is the other's most frequent companion.
void FaultCoordinates::pair_layers(const RowPairs& pairs) {
  std::map<std::pair<std::string, std::string>, int64_t> a_to_b, b_to_a;
  for (const auto& [a, b] : pairs) {
    if (!same_element(kind_, a->fault, b->fault)) continue;
    ++a_to_b[{part_of(a->fault).layer, part_of(b->fault).layer}];
    ++b_to_a[{part_of(b->fault).layer, part_of(a->fault).layer}];
  }
  const std::map<std::string, std::string> to_b = most_frequent(a_to_b), to_a = most_frequent(b_to_a);
  for (const auto& [a, b] : to_b)
    if (to_a.at(b) == a) layer_of_.emplace(a, b);
}

bool FaultCoordinates::match(const Fault& a, const Fault& b) const {
  if (!same_element(kind_, a, b)) return false;
  if (kind_ == Kind::same) return part_of(a).layer == part_of(b).layer;
  const auto found = layer_of_.find(part_of(a).layer);
  return found != layer_of_.end() && found->second == part_of(b).layer;
}

}  // namespace tf_injector::detail
