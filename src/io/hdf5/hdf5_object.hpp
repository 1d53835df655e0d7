// The header of an HDF5 object: the messages that say what it is. Internal to io/.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "io/hdf5/hdf5_bytes.hpp"

namespace tf_injector::detail::hdf5 {

// "HDF5 File Format Specification", IV.A.2.
enum class MessageType : uint16_t {
  dataspace = 0x01,
  link_info = 0x02,
  datatype = 0x03,
  link = 0x06,
  external_files = 0x07,
  layout = 0x08,
  filters = 0x0B,
  attribute = 0x0C,
  continuation = 0x10,
  symbol_table = 0x11,
  attribute_info = 0x15,
};

struct ObjectMessage {
  MessageType type;
  std::span<const uint8_t> bytes;
};

class Object {
 public:
  // Reads the header at an address. Throws Damaged.
  Object(FileBytes& file, uint64_t address);

  [[nodiscard]] const std::vector<ObjectMessage>& messages() const { return messages_; }
  // The first message of a type; null if there is none.
  [[nodiscard]] const ObjectMessage* find(MessageType type) const;
  // The same, for a message that must be there. Throws Damaged.
  [[nodiscard]] const ObjectMessage& get(MessageType type, const char* what) const;
  [[nodiscard]] bool is_group() const {
    return find(MessageType::symbol_table) != nullptr || find(MessageType::link_info) != nullptr;
  }
  [[nodiscard]] bool is_data_set() const { return find(MessageType::layout) != nullptr; }

 private:
  struct Chunk {
    uint64_t address, size;
  };
  void read_old(FileBytes& file, uint64_t address);
  void read_new(FileBytes& file, uint64_t address);
  void add(uint16_t type, unsigned flags, std::span<const uint8_t> bytes);

  std::vector<ObjectMessage> messages_;
  std::vector<Chunk> continued_;  // chunks that are still to be read
};

}  // namespace tf_injector::detail::hdf5
