#include "io/hdf5/hdf5_heap.hpp"

#include <algorithm>
#include <string_view>

namespace tf_injector::detail::hdf5 {

std::string GlobalHeap::text(std::span<const uint8_t> reference) {
  Cursor cursor(reference);
  const uint64_t length = cursor.u32(), address = cursor.u64(), index = cursor.u32();
  if (length == 0) return {};
  const Collection& objects = collection(address);
  const auto found = objects.find(index);
  if (found == objects.end() || found->second.size() < length)
    throw Damaged("its text is not where it should be");
  const std::string_view whole(reinterpret_cast<const char*>(found->second.data()), length);
  const std::string_view text = whole.substr(0, whole.find('\0'));
  file_.charge_text(text.size());
  return std::string(text);
}

// "GCOL", version, 3 bytes, size of the whole; then per object its index, a reference count, 4 bytes, its
// size, and its bytes, filled up to a multiple of 8. Index 0 is free space.
const GlobalHeap::Collection& GlobalHeap::collection(uint64_t address) {
  const auto known = collections_.find(address);
  if (known != collections_.end()) return known->second;
  constexpr uint64_t kPrefix = 16;
  Cursor prefix(file_.at(address, kPrefix));
  prefix.expect("GCOL");
  prefix.expect_version(1, "a heap");
  prefix.skip(3);
  const uint64_t size = prefix.u64();
  Cursor cursor(file_.structure(address, std::max(size, kPrefix)));
  cursor.skip(kPrefix);
  Collection& objects = collections_[address];
  while (cursor.left() >= kPrefix) {
    const uint64_t index = cursor.u16();
    cursor.skip(6);
    const uint64_t bytes = cursor.u64();
    if (index == 0) break;
    objects.emplace(index, cursor.take(bytes));
    cursor.align(8);
  }
  return objects;
}

}  // namespace tf_injector::detail::hdf5
