#include "io/hdf5/hdf5_object.hpp"

namespace tf_injector::detail::hdf5 {
namespace {

constexpr unsigned kShared = 2;  // a flag of a message: its content is elsewhere in the file

}  // namespace

Object::Object(FileBytes& file, uint64_t address) {
  const uint8_t first = Cursor(file.at(address, 1)).u8();
  if (first == 1) {
    read_old(file, address);
  } else {
    read_new(file, address);
  }
}

const ObjectMessage* Object::find(MessageType type) const {
  for (const ObjectMessage& message : messages_) {
    if (message.type == type) return &message;
  }
  return nullptr;
}

const ObjectMessage& Object::get(MessageType type, const char* what) const {
  const ObjectMessage* found = find(type);
  if (found == nullptr) throw Damaged(std::string("it has no ") + what);
  return *found;
}

void Object::add(uint16_t type, unsigned flags, std::span<const uint8_t> bytes) {
  const auto kind = static_cast<MessageType>(type);
  if (kind == MessageType::continuation) {
    Cursor cursor(bytes);
    const uint64_t address = cursor.u64();
    continued_.push_back({address, cursor.u64()});
  } else {
    constexpr uint16_t kLargestType = 0x18;
    if (type > kLargestType && (flags & 0x80) != 0) throw Damaged("a message of unknown type");
    const bool is_read = kind == MessageType::datatype || kind == MessageType::dataspace ||
                         kind == MessageType::attribute || kind == MessageType::filters;
    if ((flags & kShared) != 0 && is_read)
      throw Damaged("its type is a named or shared one, which Keras does not write");
    messages_.push_back({kind, bytes});
  }
}

// Version 1: messages padded to 8 bytes, no checksum.
void Object::read_old(FileBytes& file, uint64_t address) {
  constexpr uint64_t kPrefix = 16;
  Cursor prefix(file.structure(address, kPrefix));
  prefix.skip(2);
  size_t left = prefix.u16();  // messages
  prefix.skip(4);
  continued_.push_back({address + kPrefix, prefix.u32()});
  for (size_t next = 0; next < continued_.size(); ++next) {
    const Chunk chunk = continued_[next];
    Cursor cursor(file.structure(chunk.address, chunk.size));
    constexpr size_t kMessagePrefix = 8;
    while (cursor.left() >= kMessagePrefix && left > 0) {
      --left;
      const uint16_t type = cursor.u16(), size = cursor.u16();
      const unsigned flags = cursor.u8();
      cursor.skip(3);
      add(type, flags, cursor.take(size));
    }
  }
}

// Version 2: no padding, a checksum at the end of every chunk.
void Object::read_new(FileBytes& file, uint64_t address) {
  constexpr uint64_t kSignature = 4, kFixed = 6, kSum = 4;
  Cursor prefix(file.at(address, kFixed));
  prefix.expect("OHDR");
  prefix.expect_version(2, "an object header");
  const unsigned flags = prefix.u8();
  const uint64_t before_size = kFixed + ((flags & 0x20) != 0 ? 16 : 0) + ((flags & 0x10) != 0 ? 4 : 0);
  const uint64_t size_bytes = uint64_t{1} << (flags & 3);
  const uint64_t size = Cursor(file.at(address + before_size, size_bytes)).number(size_bytes);
  const size_t message_prefix = (flags & 4) != 0 ? 6 : 4;
  const auto read_messages = [&](std::span<const uint8_t> bytes) {
    Cursor cursor(bytes);
    while (cursor.left() >= message_prefix) {
      const uint16_t type = cursor.u8(), length = cursor.u16();
      const unsigned message_flags = cursor.u8();
      cursor.skip(message_prefix - 4);
      add(type, message_flags, cursor.take(length));
    }
  };
  if (size > file.size()) throw Damaged("a part of it lies behind the end of the file");
  const uint64_t start = before_size + size_bytes;
  const std::span<const uint8_t> whole = file.structure(address, start + size + kSum);
  verify_checksum(whole);
  read_messages(whole.subspan(start, size));
  for (size_t next = 0; next < continued_.size(); ++next) {
    const Chunk chunk = continued_[next];
    const std::span<const uint8_t> bytes = file.structure(chunk.address, chunk.size);
    Cursor(bytes).expect("OCHK");
    verify_checksum(bytes);
    if (bytes.size() < kSignature + kSum) throw Damaged("a part of it is cut off");
    read_messages(bytes.subspan(kSignature, bytes.size() - kSignature - kSum));
  }
}

}  // namespace tf_injector::detail::hdf5
