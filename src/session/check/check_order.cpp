#include "session/check/check_order.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <tuple>
#include <utility>

#include "core/bits.hpp"
#include "core/low_discrepancy.hpp"

namespace tf_injector::detail {
namespace {

// The mixing function of splitmix64.
uint64_t mixed(uint64_t x) {
  x += 0x9E3779B97F4A7C15u;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
  return x ^ (x >> 31);
}

// 0 to 5: what the highest bit that changes does to the value.
int kind_of(const Patch& patch) {
  constexpr int kLowestOf[] = {31, 30, 27, 23, 12};  // sign, doubling exponents, exponents, mantissa
  const uint32_t changed = patch.old_bits ^ patch.new_bits;
  const int bit = 31 - std::countl_zero(changed | 1U);
  int kind = 0;
  while (kind < 5 && bit < kLowestOf[kind]) ++kind;
  return kind;
}

float change_of(const Patch& patch) {
  const float change = std::fabs(bits_float(patch.new_bits) - bits_float(patch.old_bits));
  return is_finite(change) ? change : std::numeric_limits<float>::infinity();
}

// What stands for the fault: its first part that changes anything.
const Patch& first_change(std::span<const Patch> fault) {
  const auto found =
      std::find_if(fault.begin(), fault.end(), [](const Patch& patch) { return patch.changes(); });
  return found != fault.end() ? *found : fault.front();
}

}  // namespace

std::vector<BlockIndex> check_order(PatchRows faults, uint64_t seed) {
  std::map<std::pair<WeightId, int>, std::vector<uint32_t>> strata;
  for (uint32_t fault = 0; fault < faults.size(); ++fault)
    strata[{first_change(faults[fault]).weight, kind_of(first_change(faults[fault]))}].push_back(fault);
  // Turn, place of the stratum in a turn, fault.
  std::vector<std::tuple<uint32_t, uint64_t, uint32_t>> order;
  order.reserve(faults.size());
  uint64_t stratum_seed = seed;
  for (auto& [key, stratum] : strata) {
    stratum_seed = mixed(stratum_seed);
    std::stable_sort(stratum.begin(), stratum.end(), [&](uint32_t a, uint32_t b) {
      return change_of(first_change(faults[a])) < change_of(first_change(faults[b]));
    });
    const SpreadOrder ranks(static_cast<int64_t>(stratum.size()), stratum_seed);
    for (uint32_t turn = 0; turn < stratum.size(); ++turn)
      order.emplace_back(turn, stratum_seed, stratum[static_cast<size_t>(ranks[turn])]);
  }
  std::sort(order.begin(), order.end());
  std::vector<BlockIndex> in_order;
  in_order.reserve(order.size());
  for (const auto& entry : order) in_order.emplace_back(std::get<2>(entry));
  return in_order;
}

// Steps of about the golden section of the count, which fill it evenly; coprime to it, so that all are met.
SpreadOrder::SpreadOrder(int64_t count, uint64_t seed)
    : count_(static_cast<uint64_t>(std::max<int64_t>(count, 1))),
      step_(std::max<uint64_t>(static_cast<uint64_t>(low_discrepancy_point(0) * static_cast<double>(count_)),
                               1)),
      first_(seed % count_) {
  while (std::gcd(step_, count_) != 1) ++step_;
}

uint64_t seed_of(std::span<const std::string_view> texts, uint64_t number) {
  uint64_t seed = number;
  for (const std::string_view text : texts) {
    for (const char c : text) seed = mixed(seed ^ static_cast<unsigned char>(c));
    seed = mixed(seed ^ text.size());
  }
  return seed;
}

}  // namespace tf_injector::detail
