// Version 1 B-trees, which index the members of old groups and the chunks of data sets. Internal to io/.
#pragma once

#include <cstdint>
#include <functional>
#include <set>

#include "io/hdf5/hdf5_bytes.hpp"

namespace tf_injector::detail::hdf5 {

class Tree {
 public:
  struct Form {
    unsigned type;            // of its nodes
    uint64_t key_bytes;       // in front of each child
    uint64_t last_key_bytes;  // behind the last child, where a reader needs them to be there
    const char* what;         // "members", for messages
  };
  Tree(FileBytes& file, const Form& form) : file_(file), form_(form) {}

  // Calls leaf(key, address) for each child of the lowest level, in the file's order. Throws Damaged, and
  // what `leaf` throws.
  void visit(uint64_t root, const std::function<void(std::span<const uint8_t> key, uint64_t child)>& leaf) {
    if (root != kUndefined) walk(root, kAnyLevel, leaf);
  }
  // Throws Damaged if the tree has led to this address before.
  void enter(uint64_t address) {
    if (!seen_.insert(address).second) throw Damaged("an index refers to itself");
  }

 private:
  static constexpr unsigned kAnyLevel = 256;

  // The level decreases with every call, and no node is read twice.
  void walk(uint64_t address, unsigned above,
            const std::function<void(std::span<const uint8_t> key, uint64_t child)>& leaf) {
    enter(address);
    constexpr uint64_t kPrefix = 24;
    Cursor prefix(file_.at(address, kPrefix));
    prefix.expect("TREE");
    const unsigned type = prefix.u8(), level = prefix.u8();
    const uint64_t count = prefix.u16();
    if (type != form_.type || level >= above || (above != kAnyLevel && level + 1 != above))
      throw Damaged(std::string("an index of ") + form_.what + " makes no sense");
    Cursor entries(file_.structure(address + kPrefix, count * (form_.key_bytes + 8) + form_.last_key_bytes));
    for (uint64_t i = 0; i < count; ++i) {
      const std::span<const uint8_t> key = entries.take(form_.key_bytes);
      const uint64_t child = entries.u64();
      if (level > 0) {
        walk(child, level, leaf);
      } else {
        leaf(key, child);
      }
    }
  }

  FileBytes& file_;
  Form form_;
  std::set<uint64_t> seen_;
};

}  // namespace tf_injector::detail::hdf5
