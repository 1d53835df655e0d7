#include "io/hdf5/hdf5_chunks.hpp"

#include <zlib.h>

#include <algorithm>
#include <limits>
#include <set>
#include <span>
#include <utility>

#include "io/hdf5/hdf5_tree.hpp"

namespace tf_injector::detail::hdf5 {
namespace {

class ChunkTree {
 public:
  ChunkTree(FileBytes& file, const ChunkedLayout& layout) : file_(file), layout_(layout) {}

  std::vector<Chunk> list(uint64_t root) {
    const size_t axes = layout_.dims.size();
    Tree tree(file_, {.type = 1, .key_bytes = 8 + 8 * (axes + 1), .last_key_bytes = 0, .what = "chunks"});
    tree.visit(root, [&](std::span<const uint8_t> bytes, uint64_t address) {
      Cursor key(bytes);
      Chunk chunk;
      chunk.stored_bytes = key.u32();
      chunk.skipped = key.u32();
      for (size_t axis = 0; axis < axes; ++axis) chunk.first.push_back(key.u64());
      chunk.address = address;
      add(std::move(chunk));
    });
    return std::move(chunks_);
  }

 private:
  void add(Chunk chunk) {
    for (size_t axis = 0; axis < layout_.dims.size(); ++axis) {
      if (chunk.first[axis] >= layout_.dims[axis] || chunk.first[axis] % layout_.chunk_dims[axis] != 0)
        throw Damaged("a chunk is not where a chunk can be");
    }
    if (!places_.insert(chunk.first).second) throw Damaged("a chunk is there twice");
    chunks_.push_back(std::move(chunk));
  }

  FileBytes& file_;
  const ChunkedLayout& layout_;
  std::vector<Chunk> chunks_;
  std::set<std::vector<uint64_t>> places_;
};

std::vector<uint8_t> inflated(std::span<const uint8_t> packed, uint64_t size) {
  std::vector<uint8_t> bytes(size + 1);  // one more, so that more than `size` is noticed
  z_stream stream{};
  if (inflateInit(&stream) != Z_OK) throw std::bad_alloc();
  stream.next_in = const_cast<Bytef*>(packed.data());
  stream.avail_in = static_cast<uInt>(packed.size());
  stream.next_out = bytes.data();
  stream.avail_out = static_cast<uInt>(bytes.size());
  const int result = inflate(&stream, Z_FINISH);
  const uint64_t made = stream.total_out;
  inflateEnd(&stream);
  if (result != Z_STREAM_END || made != size) throw Damaged("a packed part of it is damaged");
  bytes.resize(size);
  return bytes;
}

// The bytes of an element stand apart: all first ones, all second ones, ...
std::vector<uint8_t> unshuffled(std::span<const uint8_t> bytes, size_t element_bytes) {
  const size_t count = bytes.size() / element_bytes;
  std::vector<uint8_t> out(bytes.begin(), bytes.end());
  for (size_t b = 0; b < element_bytes; ++b) {
    for (size_t i = 0; i < count; ++i) out[i * element_bytes + b] = bytes[b * count + i];
  }
  return out;
}

// Copies a chunk, whose part outside of the data set is left out.
class Placing {
 public:
  Placing(const ChunkedLayout& layout, std::vector<uint8_t>& out) : layout_(layout), out_(out) {}

  void copy(const Chunk& chunk, std::span<const uint8_t> bytes) { copy_axis(chunk, bytes, 0, 0, 0); }

 private:
  // `from`, `to`: the index of an element of the chunk and of the data set, without the axes from `axis` on.
  void copy_axis(const Chunk& chunk, std::span<const uint8_t> bytes, size_t axis, uint64_t from,
                 uint64_t to) {
    const uint64_t length = std::min(layout_.chunk_dims[axis], layout_.dims[axis] - chunk.first[axis]);
    from *= layout_.chunk_dims[axis];
    to = to * layout_.dims[axis] + chunk.first[axis];
    const size_t element = layout_.element_bytes;
    if (axis + 1 == layout_.dims.size()) {
      const std::span<const uint8_t> row = bytes.subspan(from * element, length * element);
      std::copy(row.begin(), row.end(), out_.begin() + static_cast<std::ptrdiff_t>(to * element));
      return;
    }
    for (uint64_t i = 0; i < length; ++i) copy_axis(chunk, bytes, axis + 1, from + i, to + i);
  }

  const ChunkedLayout& layout_;
  std::vector<uint8_t>& out_;
};

}  // namespace

std::vector<Chunk> list_chunks(FileBytes& file, uint64_t tree, const ChunkedLayout& layout) {
  return ChunkTree(file, layout).list(tree);
}

uint64_t count_chunks(const ChunkedLayout& layout) {
  uint64_t count = 1;
  for (size_t axis = 0; axis < layout.dims.size(); ++axis) {
    const uint64_t along = (layout.dims[axis] - 1) / layout.chunk_dims[axis] + 1;
    if (__builtin_mul_overflow(count, along, &count)) return std::numeric_limits<uint64_t>::max();
  }
  return count;
}

std::vector<uint8_t> unpack_chunks(FileBytes& file, const std::vector<Chunk>& chunks,
                                   const ChunkedLayout& layout) {
  uint64_t elements = 1, chunk_bytes = layout.element_bytes;
  for (const uint64_t dim : layout.dims) elements *= dim;
  for (const uint64_t dim : layout.chunk_dims) chunk_bytes *= dim;
  file.charge_unpacked(elements * layout.element_bytes);
  std::vector<uint8_t> out(elements * layout.element_bytes);
  Placing placing(layout, out);
  for (const Chunk& chunk : chunks) {
    std::span<const uint8_t> bytes = file.values(chunk.address, chunk.stored_bytes);
    std::vector<uint8_t> unpacked;
    for (size_t i = layout.filters.size(); i-- > 0;) {
      if ((chunk.skipped >> i & 1) != 0) continue;
      unpacked = layout.filters[i] == Filter::deflate ? inflated(bytes, chunk_bytes)
                                                      : unshuffled(bytes, layout.element_bytes);
      bytes = unpacked;
    }
    if (bytes.size() != chunk_bytes) throw Damaged("a chunk is not as large as it should be");
    placing.copy(chunk, bytes);
  }
  return out;
}

}  // namespace tf_injector::detail::hdf5
