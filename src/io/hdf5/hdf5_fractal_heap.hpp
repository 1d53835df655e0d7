// The fractal heap and its index (a version 2 B-tree) in which newer HDF5 files keep the links or attributes
// of an object that has more than eight. Internal to io/.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <span>

#include "io/hdf5/hdf5_bytes.hpp"

namespace tf_injector::detail::hdf5 {

class FractalHeap {
 public:
  // Throws Damaged, as all functions do.
  FractalHeap(FileBytes& file, uint64_t address);

  // The bytes of the object with that ID.
  std::span<const uint8_t> find(std::span<const uint8_t> id);

 private:
  struct Block {
    uint64_t address, size;
  };
  // An object that is too large for a block of the heap and stands somewhere else.
  std::span<const uint8_t> find_huge(std::span<const uint8_t> id);
  [[nodiscard]] Block locate(uint64_t offset, uint64_t& within);
  std::span<const uint8_t> direct_block(const Block& block);
  [[nodiscard]] uint64_t row_size(unsigned row) const { return start_ << (row == 0 ? 0 : row - 1); }

  FileBytes& file_;
  uint64_t id_bytes_ = 0, offset_bytes_ = 0, length_bytes_ = 0;
  uint64_t width_ = 0, start_ = 0, largest_direct_ = 0;
  uint64_t root_ = 0, huge_index_ = 0;
  std::map<uint64_t, Block> huge_;  // by their number; read when the first is looked for
  unsigned root_rows_ = 0;
  bool has_checksums_ = false;
  std::set<uint64_t> verified_;  // blocks whose checksum is right
};

// Calls `visit` with every record of the B-tree whose header is at `address`. Throws Damaged: another kind of
// records than `type`.
void visit_records(FileBytes& file, uint64_t address, unsigned type,
                   const std::function<void(std::span<const uint8_t>)>& visit);

}  // namespace tf_injector::detail::hdf5
