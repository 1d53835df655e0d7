#include "io/hdf5/hdf5_structure.hpp"

#include <algorithm>
#include <optional>
#include <unordered_set>
#include <utility>
#include <vector>

#include "io/hdf5/hdf5_bytes.hpp"
#include "io/hdf5/hdf5_handles.hpp"
#include "io/hdf5/hdf5_messages.hpp"

namespace tf_injector::detail::hdf5 {
namespace {

constexpr size_t kFileSignature = 8;  // bytes
constexpr uint64_t kAddress = 8;      // bytes of an address, and of a length
constexpr int kDeepestTree = 32;

enum class Message : uint16_t {
  nothing = 0,
  dataspace = 1,
  link_info = 2,
  datatype = 3,
  old_fill_value = 4,
  fill_value = 5,
  link = 6,
  external_files = 7,
  layout = 8,
  filters = 11,
  attribute = 12,
  continuation = 16,
  symbol_table = 17,
};

class StructureWalk {
 public:
  explicit StructureWalk(std::span<const uint8_t> file) : file_(file) {}

  void run() {
    read_superblock();
    while (!objects_.empty()) {
      const uint64_t object = objects_.back();
      objects_.pop_back();
      check_object(object);
    }
  }

 private:
  struct Chunk {
    uint64_t at = 0, size = 0;
  };

  [[nodiscard]] std::span<const uint8_t> at(uint64_t address, uint64_t size) const {
    if (address > file_.size() || size > file_.size() - address)
      throw StructureProblem("something beyond its end");
    return file_.subspan(address, size);
  }
  [[nodiscard]] Bytes from(uint64_t address) const {
    if (address > file_.size()) throw StructureProblem("something beyond its end");
    return Bytes(file_.subspan(address));
  }
  // True for what was not looked at before.
  bool is_new(uint64_t address) { return seen_.insert(address).second; }
  void add_object(uint64_t address) {
    (void)at(address, 1);
    if (is_new(address)) objects_.push_back(address);
  }

  void read_superblock() {
    Bytes bytes(file_);
    bytes.skip(kFileSignature);
    const uint64_t version = bytes.number(1);
    if (version > 3) throw StructureProblem("an unknown version");
    if (version >= 2) {
      require_sizes(bytes.number(1), bytes.number(1));
      bytes.skip(1);
      if (bytes.number(kAddress) != 0) throw StructureProblem("a user block");
      bytes.skip(2 * kAddress);
      add_object(bytes.number(kAddress));
      return;
    }
    bytes.skip(4);
    const uint64_t address_bytes = bytes.number(1), length_bytes = bytes.number(1);
    require_sizes(address_bytes, length_bytes);
    bytes.skip(1);
    leaf_entries_ = 2 * bytes.number(2);
    group_entries_ = 2 * bytes.number(2);
    bytes.skip(4);
    if (version == 1) {
      chunk_entries_ = 2 * bytes.number(2);
      bytes.skip(2);
    }
    if (bytes.number(kAddress) != 0) throw StructureProblem("a user block");
    bytes.skip(3 * kAddress);
    check_entry(bytes, nullptr);
  }

  static void require_sizes(uint64_t address_bytes, uint64_t length_bytes) {
    if (address_bytes != kAddress || length_bytes != kAddress)
      throw StructureProblem("an unusual layout (addresses of other than 8 bytes)");
  }

  // An entry of a symbol table. `heap`: the names of its group; null for the root.
  void check_entry(Bytes& bytes, const std::span<const uint8_t>* heap) {
    const uint64_t name = bytes.number(8), object = bytes.number(kAddress), cached = bytes.number(4);
    bytes.skip(4);
    Bytes scratch(bytes.take(16));
    if (heap != nullptr) require_name(*heap, name);
    if (cached == 2) {  // a symbolic link, which nothing follows
      if (heap != nullptr) require_name(*heap, scratch.number(4));
      return;
    }
    if (cached > 2) throw StructureProblem("an entry of an unknown form");
    if (cached == 1) {
      const uint64_t tree = scratch.number(kAddress);
      check_symbol_table(tree, scratch.number(kAddress));
    }
    add_object(object);
  }

  static void require_name(std::span<const uint8_t> heap, uint64_t offset) {
    if (offset >= heap.size() ||
        std::find(heap.begin() + static_cast<ptrdiff_t>(offset), heap.end(), 0) == heap.end())
      throw StructureProblem("a name beyond its heap");
  }

  // The names of a group.
  std::span<const uint8_t> local_heap(uint64_t address) {
    Bytes bytes = from(address);
    bytes.expect(std::string_view("HEAP\0", 5));
    bytes.skip(3);
    const uint64_t size = bytes.number(8);
    uint64_t free = bytes.number(8);
    const auto names = at(bytes.number(kAddress), size);
    constexpr uint64_t kNoMore = 1, kFreeHeader = 16;
    for (uint64_t left = size / kFreeHeader; free != kNoMore; --left) {
      if (left == 0 || free > size || size - free < kFreeHeader)
        throw StructureProblem("free space beyond its heap");
      Bytes block(names.subspan(free));
      const uint64_t next = block.number(8);
      if (block.number(8) > size - free) throw StructureProblem("free space beyond its heap");
      free = next;
    }
    return names;
  }

  void check_symbol_table(uint64_t tree, uint64_t heap) {
    if (!is_new(tree)) return;
    const auto names = local_heap(heap);
    check_tree(
        tree, {.kind = 0, .entries = group_entries_, .key_bytes = 8}, std::nullopt, kDeepestTree,
        [&](Bytes& key) {
          if (key.number(8) > names.size()) throw StructureProblem("a name beyond its heap");
        },
        [&](uint64_t leaf, Bytes) { check_entries(leaf, names); });
  }

  void check_entries(uint64_t address, std::span<const uint8_t> names) {
    if (!is_new(address)) throw StructureProblem("a symbol table that stands twice");
    Bytes bytes = from(address);
    bytes.expect(std::string_view("SNOD\1", 5));
    bytes.skip(1);
    const uint64_t count = bytes.number(2);
    constexpr uint64_t kEntryBytes = 40, kNodeHeader = 8;
    if (count > leaf_entries_)
      throw StructureProblem("a symbol table with more entries than there is room for");
    (void)at(address, kNodeHeader + leaf_entries_ * kEntryBytes);
    for (uint64_t i = 0; i < count; ++i) check_entry(bytes, &names);
  }

  struct TreeForm {
    uint64_t kind = 0;     // 0: group, 1: chunks
    uint64_t entries = 0;  // that a node has room for
    uint64_t key_bytes = 0;
  };

  // A B-tree of version 1. `check_key` is given each key, `leaf` each child of the lowest level with its key.
  template <typename CheckKey, typename Leaf>
  void check_tree(uint64_t address, const TreeForm& form, std::optional<uint64_t> expected_level, int depth,
                  const CheckKey& check_key, const Leaf& leaf) {
    if (depth == 0) throw StructureProblem("a tree that is too deep");
    Bytes bytes = from(address);
    bytes.expect("TREE");
    const uint64_t kind = bytes.number(1), level = bytes.number(1), count = bytes.number(2);
    bytes.skip(2 * kAddress);
    if (kind != form.kind || (expected_level && level != *expected_level))
      throw StructureProblem("a tree of another kind or level");
    if (count > form.entries) throw StructureProblem("a tree with more entries than there is room for");
    (void)at(address, 24 + form.entries * kAddress + (form.entries + 1) * form.key_bytes);
    for (uint64_t i = 0; i < count; ++i) {
      Bytes key(bytes.take(form.key_bytes));
      const Bytes same = key;
      check_key(key);
      const uint64_t child = bytes.number(kAddress);
      if (level == 0) {
        leaf(child, same);
      } else {
        if (!is_new(child)) throw StructureProblem("a tree that is a cycle");
        check_tree(child, form, level - 1, depth - 1, check_key, leaf);
      }
    }
    Bytes last(bytes.take(form.key_bytes));
    check_key(last);
  }

  void check_object(uint64_t address) {
    Bytes bytes = from(address);
    if (bytes.left() >= 4 && std::equal(bytes.rest().begin(), bytes.rest().begin() + 4, "OHDR")) {
      check_new_header(address);
    } else {
      check_old_header(address);
    }
  }

  void check_old_header(uint64_t address) {
    Bytes bytes = from(address);
    if (bytes.number(1) != 1) throw StructureProblem("an object of an unknown form");
    bytes.skip(1);
    const uint64_t messages = bytes.number(2);
    bytes.skip(4);
    const uint64_t size = bytes.number(4);
    bytes.skip(4);
    constexpr uint64_t kHeaderBytes = 16;
    std::vector<Chunk> chunks{{address + kHeaderBytes, size}};
    uint64_t count = 0;
    for (size_t i = 0; i < chunks.size(); ++i) {
      Bytes chunk(at(chunks[i].at, chunks[i].size));
      while (chunk.left() >= 8) {
        const auto type = static_cast<Message>(chunk.number(2));
        const uint64_t message_bytes = chunk.number(2), flags = chunk.number(1);
        chunk.skip(3);
        if (message_bytes % 8 != 0) throw StructureProblem("a message of an odd size");
        check_message(type, flags, chunk.take(message_bytes), chunks);
        ++count;
      }
    }
    if (count > messages) throw StructureProblem("an object with more messages than it says");
  }

  void check_new_header(uint64_t address) {
    Bytes bytes = from(address);
    bytes.expect(std::string_view("OHDR\2", 5));
    const uint64_t flags = bytes.number(1);
    if ((flags & 0x20) != 0) bytes.skip(16);
    if ((flags & 0x10) != 0) bytes.skip(4);
    const uint64_t size = bytes.number(size_t{1} << (flags & 3));
    constexpr uint64_t kChecksum = 4, kPartSignature = 4;
    std::vector<Chunk> chunks{{file_.size() - bytes.left(), size}};
    const size_t header_bytes = (flags & 4) != 0 ? 6 : 4;
    for (size_t i = 0; i < chunks.size(); ++i) {
      if (i > 0) {
        if (chunks[i].size < kPartSignature + kChecksum)
          throw StructureProblem("a part of an object that is too short");
        from(chunks[i].at).expect("OCHK");
        chunks[i] = {chunks[i].at + kPartSignature, chunks[i].size - kPartSignature - kChecksum};
      }
      (void)at(chunks[i].at, chunks[i].size);
      (void)at(chunks[i].at + chunks[i].size, kChecksum);
      Bytes chunk(at(chunks[i].at, chunks[i].size));
      while (chunk.left() >= header_bytes) {
        const auto type = static_cast<Message>(chunk.number(1));
        const uint64_t message_bytes = chunk.number(2), message_flags = chunk.number(1);
        chunk.skip(header_bytes - 4);
        check_message(type, message_flags, chunk.take(message_bytes), chunks);
      }
    }
  }

  void check_message(Message type, uint64_t flags, std::span<const uint8_t> message,
                     std::vector<Chunk>& chunks) {
    constexpr uint64_t kShared = 2;
    if ((flags & kShared) != 0) {
      if (type != Message::nothing) throw StructureProblem("a message that several objects share");
      return;
    }
    Bytes bytes(message);
    switch (type) {
      case Message::dataspace:
        (void)check_dataspace(message);
        break;
      case Message::datatype:
        (void)check_datatype(message);
        break;
      case Message::old_fill_value:
        check_old_fill_value(message);
        break;
      case Message::fill_value:
        check_fill_value(message);
        break;
      case Message::link:
        check_link(bytes);
        break;
      case Message::layout:
        check_layout(bytes);
        break;
      case Message::filters:
        check_filters(message);
        break;
      case Message::attribute:
        check_attribute(message);
        break;
      case Message::continuation: {
        const uint64_t address = bytes.number(kAddress), size = bytes.number(8);
        if (size == 0 || !is_new(address)) throw StructureProblem("an object that is a cycle");
        (void)at(address, size);
        chunks.push_back({address, size});
        break;
      }
      case Message::symbol_table: {
        const uint64_t tree = bytes.number(kAddress);
        check_symbol_table(tree, bytes.number(kAddress));
        break;
      }
      default:  // nothing that what is read here depends on
        break;
    }
  }

  void check_link(Bytes& bytes) {
    if (bytes.number(1) != 1) throw StructureProblem("a link of an unknown form");
    const uint64_t flags = bytes.number(1);
    const uint64_t type = (flags & 8) != 0 ? bytes.number(1) : 0;
    if ((flags & 4) != 0) bytes.skip(8);
    if ((flags & 16) != 0) bytes.skip(1);
    const uint64_t name = bytes.number(size_t{1} << (flags & 3));
    if (name == 0) throw StructureProblem("a link without a name");
    bytes.skip(name);
    if (type == 0) {
      add_object(bytes.number(kAddress));
    } else {
      bytes.skip(bytes.number(2));
    }
  }

  void check_layout(Bytes& bytes) {
    const uint64_t version = bytes.number(1);
    if (version < 1 || version > 4) throw StructureProblem("data of an unknown layout");
    if (version < 3) return check_old_layout(bytes);
    const uint64_t kind = bytes.number(1);
    if (kind == 0) bytes.skip(bytes.number(2));
    if (kind == 1) {
      const uint64_t address = bytes.number(kAddress), size = bytes.number(8);
      if (address != kUndefined) (void)at(address, size);
    }
    if (kind != 2 || version == 4) return;
    const uint64_t axes = bytes.number(1), tree = bytes.number(kAddress);
    check_chunks(tree, axes);
    bytes.skip(4 * axes);
  }

  void check_old_layout(Bytes& bytes) {
    const uint64_t axes = bytes.number(1), kind = bytes.number(1);
    bytes.skip(5);
    if (kind > 2) throw StructureProblem("data of an unknown layout");
    const uint64_t address = kind != 0 ? bytes.number(kAddress) : kUndefined;
    bytes.skip(4 * axes);
    if (kind == 0) bytes.skip(bytes.number(4));
    if (kind == 1 && address != kUndefined) (void)at(address, 0);
    if (kind == 2) check_chunks(address, axes);
  }

  // The index of a data set's chunks; `axes`: one more than the data set has.
  void check_chunks(uint64_t tree, uint64_t axes) {
    constexpr uint64_t kMostSizes = 33;
    if (axes < 2 || axes > kMostSizes) throw StructureProblem("chunks of too many axes");
    if (tree == kUndefined || !is_new(tree)) return;
    check_tree(
        tree, {.kind = 1, .entries = chunk_entries_, .key_bytes = 8 + 8 * axes}, std::nullopt, kDeepestTree,
        [](Bytes&) {}, [&](uint64_t child, Bytes key) { (void)at(child, key.number(4)); });
  }

  std::span<const uint8_t> file_;
  uint64_t leaf_entries_ = 8, group_entries_ = 32, chunk_entries_ = 64;
  std::vector<uint64_t> objects_;  // object headers that are still to be looked at
  std::unordered_set<uint64_t> seen_;
};

}  // namespace

void check_structure(std::span<const uint8_t> file, const std::string& label) {
  try {
    StructureWalk(file).run();
  } catch (const StructureProblem& problem) {
    throw_bad(label,
              std::string("not an HDF5 file, or a damaged or truncated one: it has ") + problem.what());
  }
}

}  // namespace tf_injector::detail::hdf5
