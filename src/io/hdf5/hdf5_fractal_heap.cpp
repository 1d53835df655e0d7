#include "io/hdf5/hdf5_fractal_heap.hpp"

#include <algorithm>
#include <bit>
#include <vector>

namespace tf_injector::detail::hdf5 {
namespace {

unsigned log2_of(uint64_t value) { return static_cast<unsigned>(std::bit_width(value)) - 1; }

// How many bytes a number up to `largest` takes.
uint64_t bytes_for(uint64_t largest) { return largest == 0 ? 1 : log2_of(largest) / 8 + 1; }

constexpr uint64_t kLargestBlock = uint64_t{1} << 32;
constexpr unsigned kDeepest = 16;  // of nested indirect blocks, and of a B-tree

}  // namespace

FractalHeap::FractalHeap(FileBytes& file, uint64_t address) : file_(file) {
  constexpr uint64_t kBytes = 146;  // without filters
  const std::span<const uint8_t> bytes = file.structure(address, kBytes);
  Cursor header(bytes);
  header.expect("FRHP");
  header.expect_version(0, "a heap");
  id_bytes_ = header.u16();
  if (header.u16() != 0) throw Damaged("its heap is compressed, which Keras does not write");
  verify_checksum(bytes);
  has_checksums_ = (header.u8() & 2) != 0;
  const uint64_t largest_object = header.u32();
  header.skip(8);
  huge_index_ = header.u64();
  header.skip(10 * 8);  // free space, statistics
  width_ = header.u16();
  start_ = header.u64();
  largest_direct_ = header.u64();
  const unsigned bits = header.u16();
  header.skip(2);
  root_ = header.u64();
  root_rows_ = header.u16();
  if (width_ == 0 || !std::has_single_bit(width_) || !std::has_single_bit(start_) ||
      !std::has_single_bit(largest_direct_) || largest_direct_ < start_ || largest_direct_ > kLargestBlock ||
      bits > 64 || root_rows_ > 64) {
    throw Damaged("the sizes of its heap make no sense");
  }
  offset_bytes_ = (bits + 7) / 8;
  length_bytes_ = std::min<uint64_t>((log2_of(largest_direct_) + 7) / 8, bytes_for(largest_object));
}

std::span<const uint8_t> FractalHeap::find(std::span<const uint8_t> id) {
  Cursor cursor(id);
  constexpr unsigned kHuge = 0x10;
  const unsigned kind = cursor.u8() & 0xF0;
  if (kind == kHuge) return find_huge(id.subspan(1));
  if (kind != 0) throw Damaged("an object of its heap is of a kind that Keras does not write");
  const uint64_t offset = cursor.number(offset_bytes_), length = cursor.number(length_bytes_);
  uint64_t within = 0;
  const std::span<const uint8_t> block = direct_block(locate(offset, within));
  if (within > block.size() || length > block.size() - within)
    throw Damaged("an object of its heap is not where it should be");
  return block.subspan(within, length);
}

std::span<const uint8_t> FractalHeap::find_huge(std::span<const uint8_t> id) {
  constexpr unsigned kHugeObjects = 1;
  if (huge_.empty()) {
    visit_records(file_, huge_index_, kHugeObjects, [&](std::span<const uint8_t> record) {
      Cursor cursor(record);
      const uint64_t address = cursor.u64(), length = cursor.u64();
      huge_[cursor.u64()] = {address, length};
    });
  }
  const auto found = huge_.find(Cursor(id).number(std::min<size_t>(id.size(), 8)));
  if (found == huge_.end()) throw Damaged("an object of its heap is not where it should be");
  return file_.at(found->second.address, found->second.size);
}

// The direct block that holds an offset, and where in it.
FractalHeap::Block FractalHeap::locate(uint64_t offset, uint64_t& within) {
  within = offset;
  if (root_rows_ == 0) return {root_, start_};
  uint64_t address = root_;
  unsigned rows = root_rows_;
  const unsigned direct_rows = log2_of(largest_direct_) - log2_of(start_) + 2;
  for (unsigned depth = 0; depth < kDeepest; ++depth) {
    const uint64_t first_row = start_ * width_;
    const unsigned row = within < first_row ? 0 : log2_of(within / first_row) + 1;
    if (row >= rows) break;
    const uint64_t size = row_size(row);
    const uint64_t in_row = row == 0 ? within : within - (first_row << (row - 1));
    const uint64_t column = in_row / size;
    const uint64_t prefix = 4 + 1 + 8 + offset_bytes_;
    Cursor(file_.at(address, 4)).expect("FHIB");
    if (verified_.insert(address).second)
      verify_checksum(file_.structure(address, prefix + rows * width_ * 8 + 4));
    const uint64_t child = Cursor(file_.at(address + prefix + (row * width_ + column) * 8, 8)).u64();
    within = in_row - column * size;
    if (row < direct_rows) return {child, size};
    if (size < first_row) break;
    address = child;
    rows = log2_of(size) - log2_of(first_row) + 1;
  }
  throw Damaged("an object of its heap is not where it should be");
}

std::span<const uint8_t> FractalHeap::direct_block(const Block& block) {
  const std::span<const uint8_t> bytes = file_.at(block.address, block.size);
  if (!verified_.insert(block.address).second) return bytes;
  (void)file_.structure(block.address, block.size);
  Cursor cursor(bytes);
  cursor.expect("FHDB");
  cursor.expect_version(0, "a block of its heap");
  if (!has_checksums_) return bytes;
  // The checksum stands in the middle, and is that of the block with zeros in its place.
  cursor.skip(8 + offset_bytes_);
  const size_t at = cursor.at();
  constexpr size_t kSum = 4;
  const std::span<const uint8_t> sum = cursor.take(kSum);
  std::vector<uint8_t> copy(bytes.begin(), bytes.end());
  std::fill_n(copy.begin() + static_cast<std::ptrdiff_t>(at), kSum, uint8_t{0});
  copy.insert(copy.end(), sum.begin(), sum.end());
  verify_checksum(copy);
  return bytes;
}

namespace {

// A version 2 B-tree: the sizes of its nodes follow from the depth.
class RecordTree {
 public:
  RecordTree(FileBytes& file, const std::function<void(std::span<const uint8_t>)>& visit)
      : file_(file), visit_(visit) {}

  void walk(uint64_t address, unsigned type) {
    constexpr uint64_t kBytes = 38;
    const std::span<const uint8_t> bytes = file_.structure(address, kBytes);
    Cursor header(bytes);
    header.expect("BTHD");
    header.expect_version(0, "an index");
    if (header.u8() != type) throw Damaged("an index of another kind");
    verify_checksum(bytes);
    node_bytes_ = header.u32();
    record_bytes_ = header.u16();
    const unsigned depth = header.u16();
    header.skip(2);
    const uint64_t root = header.u64(), count = header.u16();
    if (record_bytes_ == 0 || node_bytes_ < kOverhead + record_bytes_ || depth > kDeepest)
      throw Damaged("the sizes of an index make no sense");
    list_levels(depth);
    if (root != kUndefined) walk_node(root, depth, count);
  }

 private:
  static constexpr uint64_t kOverhead = 10;  // signature, version, type, checksum

  struct Level {
    uint64_t most, most_below;  // records of a node; of it and all nodes below
    uint64_t pointer_bytes, below_bytes;
  };

  void list_levels(unsigned depth) {
    const uint64_t leaf = (node_bytes_ - kOverhead) / record_bytes_;
    count_bytes_ = bytes_for(leaf);
    levels_ = {{leaf, leaf, 0, 0}};
    for (unsigned d = 1; d <= depth; ++d) {
      const Level below = levels_.back();
      const uint64_t below_bytes = d == 1 ? 0 : bytes_for(below.most_below);
      const uint64_t pointer = 8 + count_bytes_ + below_bytes;
      if (node_bytes_ < kOverhead + pointer) throw Damaged("the sizes of an index make no sense");
      const uint64_t most = (node_bytes_ - kOverhead - pointer) / (record_bytes_ + pointer);
      uint64_t most_below = 0;
      if (__builtin_mul_overflow(most + 1, below.most_below, &most_below) ||
          __builtin_add_overflow(most_below, most, &most_below)) {
        throw Damaged("the sizes of an index make no sense");
      }
      levels_.push_back({most, most_below, pointer, below_bytes});
    }
  }

  // `depth` decreases with every call.
  void walk_node(uint64_t address, unsigned depth, uint64_t count) {
    const Level& level = levels_[depth];
    if (count > level.most) throw Damaged("an index with more entries than it has room for");
    const uint64_t pointers = depth == 0 ? 0 : (count + 1) * level.pointer_bytes;
    const std::span<const uint8_t> bytes =
        file_.structure(address, kOverhead + count * record_bytes_ + pointers);
    Cursor cursor(bytes);
    cursor.expect(depth == 0 ? "BTLF" : "BTIN");
    cursor.expect_version(0, "an index");
    verify_checksum(bytes);
    cursor.skip(1);
    for (uint64_t i = 0; i < count; ++i) visit_(cursor.take(record_bytes_));
    for (uint64_t i = 0; depth > 0 && i <= count; ++i) {
      const uint64_t child = cursor.u64(), child_count = cursor.number(count_bytes_);
      cursor.skip(level.below_bytes);
      walk_node(child, depth - 1, child_count);
    }
  }

  FileBytes& file_;
  const std::function<void(std::span<const uint8_t>)>& visit_;
  uint64_t node_bytes_ = 0, record_bytes_ = 0, count_bytes_ = 0;
  std::vector<Level> levels_;
};

}  // namespace

void visit_records(FileBytes& file, uint64_t address, unsigned type,
                   const std::function<void(std::span<const uint8_t>)>& visit) {
  RecordTree(file, visit).walk(address, type);
}

}  // namespace tf_injector::detail::hdf5
