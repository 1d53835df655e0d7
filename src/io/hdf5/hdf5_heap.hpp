// Reads variable-length text of an HDF5 file from its global heap. Internal to io/.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>

#include "io/hdf5/hdf5_bytes.hpp"

namespace tf_injector::detail::hdf5 {

// A reference to a text: its length in bytes, the address of a heap collection, the index of an object in it.
constexpr size_t kReferenceBytes = 16;

class GlobalHeap {
 public:
  explicit GlobalHeap(FileBytes& file) : file_(file) {}

  // The text that a reference names, up to its first NUL, where h5py ends every string. Throws Damaged.
  std::string text(std::span<const uint8_t> reference);

 private:
  using Collection = std::map<uint64_t, std::span<const uint8_t>>;  // objects by their index
  const Collection& collection(uint64_t address);

  FileBytes& file_;
  std::map<uint64_t, Collection> collections_;
};

}  // namespace tf_injector::detail::hdf5
