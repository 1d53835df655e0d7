#include "io/hdf5/hdf5_group.hpp"

#include <algorithm>

#include "io/hdf5/hdf5_fractal_heap.hpp"
#include "io/hdf5/hdf5_tree.hpp"

namespace tf_injector::detail::hdf5 {
namespace {

void add_link(FileBytes& file, Links& links, std::string name, uint64_t address) {
  file.charge_text(name.size());
  if (name.empty() || name.find('/') != std::string::npos) throw Damaged("a member has no proper name");
  if (!links.emplace(std::move(name), address).second) throw Damaged("two members have one name");
}

// The members of an old group: a version 1 B-tree whose leaves list names in a local heap.
class SymbolTable {
 public:
  SymbolTable(FileBytes& file, Links& links) : file_(file), links_(links), tree_(file, kForm) {}

  void read(const ObjectMessage& message) {
    Cursor cursor(message.bytes);
    const uint64_t tree = cursor.u64();
    read_heap(cursor.u64());
    tree_.visit(tree, [&](std::span<const uint8_t>, uint64_t leaf) { read_leaf(leaf); });
  }

 private:
  static constexpr Tree::Form kForm{.type = 0, .key_bytes = 8, .last_key_bytes = 8, .what = "members"};

  void read_heap(uint64_t address) {
    Cursor cursor(file_.structure(address, 32));
    cursor.expect("HEAP");
    cursor.expect_version(0, "a heap of names");
    cursor.skip(3);
    const uint64_t size = cursor.u64();
    cursor.skip(8);
    names_ = file_.structure(cursor.u64(), size);
  }

  void read_leaf(uint64_t address) {
    tree_.enter(address);
    constexpr uint64_t kPrefix = 8, kEntry = 40;
    Cursor prefix(file_.at(address, kPrefix));
    prefix.expect("SNOD");
    prefix.expect_version(1, "a list of members");
    prefix.skip(1);
    const uint64_t count = prefix.u16();
    Cursor entries(file_.structure(address + kPrefix, count * kEntry));
    for (uint64_t i = 0; i < count; ++i) {
      const uint64_t name = entries.u64(), object = entries.u64();
      constexpr uint32_t kSoftLink = 2;
      const bool is_soft = entries.u32() == kSoftLink;
      entries.skip(20);
      add_link(file_, links_, name_at(name), is_soft ? kNoHardLink : object);
    }
  }

  [[nodiscard]] std::string name_at(uint64_t offset) const {
    if (offset >= names_.size()) throw Damaged("the name of a member is not where it should be");
    const std::span<const uint8_t> rest = names_.subspan(offset);
    const auto end = std::find(rest.begin(), rest.end(), uint8_t{0});
    if (end == rest.end()) throw Damaged("the name of a member has no end");
    return {rest.begin(), end};
  }

  FileBytes& file_;
  Links& links_;
  std::span<const uint8_t> names_;
  Tree tree_;
};

void read_link(FileBytes& file, Links& links, std::span<const uint8_t> bytes) {
  Cursor cursor(bytes);
  cursor.expect_version(1, "a link");
  const unsigned flags = cursor.u8();
  const unsigned type = (flags & 8) != 0 ? cursor.u8() : 0;
  if ((flags & 4) != 0) cursor.skip(8);
  if ((flags & 16) != 0) cursor.skip(1);
  const std::span<const uint8_t> name = cursor.take(cursor.number(size_t{1} << (flags & 3)));
  add_link(file, links, {name.begin(), name.end()}, type == 0 ? cursor.u64() : kNoHardLink);
}

void read_indexed_links(FileBytes& file, Links& links, const ObjectMessage& info) {
  Cursor cursor(info.bytes);
  cursor.expect_version(0, "a list of links");
  if ((cursor.u8() & 1) != 0) cursor.skip(8);
  const uint64_t heap_address = cursor.u64(), index = cursor.u64();
  if (heap_address == kUndefined) return;
  FractalHeap heap(file, heap_address);
  constexpr unsigned kLinksByName = 5;
  constexpr size_t kHash = 4;
  visit_records(file, index, kLinksByName, [&](std::span<const uint8_t> record) {
    if (record.size() <= kHash) throw Damaged("the sizes of an index make no sense");
    read_link(file, links, heap.find(record.subspan(kHash)));
  });
}

}  // namespace

Links read_links(FileBytes& file, const Object& group) {
  Links links;
  if (const ObjectMessage* table = group.find(MessageType::symbol_table))
    SymbolTable(file, links).read(*table);
  for (const ObjectMessage& message : group.messages()) {
    if (message.type == MessageType::link) read_link(file, links, message.bytes);
  }
  if (const ObjectMessage* info = group.find(MessageType::link_info)) read_indexed_links(file, links, *info);
  return links;
}

}  // namespace tf_injector::detail::hdf5
