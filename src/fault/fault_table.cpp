#include "tf_injector/fault_table.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/block_bytes.hpp"
#include "fault/fault_bytes.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector {

using namespace detail;
namespace {

constexpr size_t kMostPacked = 4;  // axes of an index that is kept in 64 bits

// Of each axis; `rank` from 1 to kMostPacked.
int bits_per_axis(size_t rank) { return rank == 1 ? 63 : static_cast<int>(64 / rank); }

}  // namespace

FaultTable::FaultTable(std::span<const Fault> faults) {
  reserve(faults.size());
  for (const Fault& fault : faults) add(fault);
}

void FaultTable::add(const Fault& fault) {
  if (fault.parts.empty())
    throw Error(ErrorKind::usage, fmt::format("fault {}: expected a part, found none", fault.id));
  const FaultPart& part = fault.parts.front();
  if (is_plain(fault)) return add(fault.id, part.layer, part.index, flipped_bit(fault));
  rows_.push_back({.id = fault.id,
                   .index = extended_.size(),
                   .layer = layer_number(part.layer),
                   .bit = -1,
                   .rank = kExtended});
  extended_.push_back(fault);
}

void FaultTable::add(int64_t id, uint32_t layer, std::span<const int64_t> index, int bit) {
  Row row{.id = id,
          .index = 0,
          .layer = layer,
          .bit = static_cast<int16_t>(bit),
          .rank = static_cast<uint8_t>(index.size())};
  if (!pack(index, row.index)) {
    row.rank = kLong;
    row.index = long_indices_.size();
    long_indices_.emplace_back(index.begin(), index.end());
  }
  rows_.push_back(row);
}

// False if the index does not fit.
bool FaultTable::pack(std::span<const int64_t> index, uint64_t& packed) noexcept {
  if (index.size() > kMostPacked) return false;
  if (index.empty()) return true;
  const int bits = bits_per_axis(index.size());
  for (const int64_t value : index) {
    if (value < 0 || static_cast<uint64_t>(value) >> bits != 0) return false;
    packed = (index.size() == 1 ? 0 : packed << bits) | static_cast<uint64_t>(value);
  }
  return true;
}

std::optional<uint32_t> FaultTable::known_layer(std::string_view name) const noexcept {
  // Lists are mostly by layer.
  if (!rows_.empty() && names_[rows_.back().layer] == name) return rows_.back().layer;
  const auto known = numbers_.find(name);
  return known == numbers_.end() ? std::nullopt : std::optional(known->second);
}

uint32_t FaultTable::layer_number(std::string_view name) {
  if (const auto known = known_layer(name)) return *known;
  const auto number = static_cast<uint32_t>(names_.size());
  names_.emplace_back(name);
  numbers_.emplace(names_.back(), number);
  return number;
}

void FaultTable::copy_index(size_t row, std::vector<int64_t>& index) const {
  const Row& kept = rows_[row];
  if (kept.rank == kLong) {
    index = long_indices_[kept.index];
    return;
  }
  if (kept.rank == kExtended) {
    index = extended_[kept.index].parts.front().index;
    return;
  }
  index.resize(kept.rank);
  if (kept.rank == 0) return;
  const int bits = bits_per_axis(kept.rank);
  const uint64_t mask = (uint64_t{1} << bits) - 1;
  uint64_t rest = kept.index;
  for (size_t axis = kept.rank; axis-- > 0; rest >>= bits) index[axis] = static_cast<int64_t>(rest & mask);
}

Fault FaultTable::operator[](size_t row) const {
  if (rows_[row].rank == kExtended) return extended_[rows_[row].index];
  std::vector<int64_t> index;
  copy_index(row, index);
  return bit_flip(rows_[row].id, names_[rows_[row].layer], std::move(index), rows_[row].bit);
}

uint64_t FaultTable::memory_bytes() const noexcept {
  constexpr uint64_t kNode = block_bytes(sizeof(std::string) + 3 * sizeof(void*)) + 2 * sizeof(void*);
  uint64_t bytes = vector_bytes(rows_) + vector_bytes(long_indices_) + vector_bytes(names_);
  for (const std::vector<int64_t>& index : long_indices_) bytes += vector_bytes(index);
  bytes += vector_bytes(extended_);
  for (const Fault& fault : extended_) bytes += owned_bytes(fault);
  for (const std::string& name : names_) bytes += kNode + 2 * block_bytes(name.capacity() + 1);
  return bytes;
}

FaultRows FaultRows::subspan(size_t first, size_t count) const noexcept {
  FaultRows part = *this;
  part.first_ += first;
  part.count_ = std::min(count, count_ - first);
  return part;
}

}  // namespace tf_injector
