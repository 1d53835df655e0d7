#include "io/hdf5/hdf5_messages.hpp"

#include <algorithm>

#include "io/hdf5/hdf5_bytes.hpp"

namespace tf_injector::detail::hdf5 {
namespace {

constexpr uint64_t kMostAxes = 32;
constexpr int kDeepestType = 8;

uint64_t rounded_up(uint64_t size) { return (size + 7) / 8 * 8; }

// The classes of a datatype, in its lowest four bits.
enum class TypeClass : uint8_t {
  integer,
  real,
  time,
  text,
  bits,
  opaque,
  compound,
  reference,
  enumeration,
  text_of_any_length,
  array
};

uint64_t check_type(Bytes& bytes, int depth);

void check_members(Bytes& bytes, uint64_t count, uint64_t version, uint64_t size, int depth) {
  size_t offset_bytes = 4;
  if (version == 3) offset_bytes = size < 1 << 8 ? 1 : size < 1 << 16 ? 2 : size < 1 << 24 ? 3 : 4;
  for (; count > 0; --count) {
    bytes.skip_text(version == 3 ? 1 : 8);
    const uint64_t offset = bytes.number(offset_bytes);
    if (version == 1) bytes.skip(28);
    if (offset + check_type(bytes, depth) > size) throw StructureProblem("a member beyond its datatype");
  }
}

uint64_t check_array(Bytes& bytes, uint64_t version, int depth) {
  const uint64_t axes = bytes.number(1);
  if (axes == 0 || axes > kMostAxes) throw StructureProblem("an array of too many axes");
  if (version < 3) bytes.skip(3);
  uint64_t elements = 1;
  for (uint64_t i = 0; i < axes; ++i) {
    if (__builtin_mul_overflow(elements, bytes.number(4), &elements))
      throw StructureProblem("an array that is too large");
  }
  if (version < 3) bytes.skip(4 * axes);
  uint64_t size = 0;
  if (__builtin_mul_overflow(elements, check_type(bytes, depth), &size))
    throw StructureProblem("an array that is too large");
  return size;
}

void check_enumeration(Bytes& bytes, uint64_t count, uint64_t version, int depth) {
  const uint64_t size = check_type(bytes, depth);
  for (uint64_t i = 0; i < count; ++i) bytes.skip_text(version == 3 ? 1 : 8);
  if (size > bytes.left()) throw StructureProblem("an enumeration that is cut short");
  bytes.skip(count * size);
}

uint64_t check_type(Bytes& bytes, int depth) {
  if (depth == kDeepestType) throw StructureProblem("a datatype that is nested too deep");
  const uint64_t kind = bytes.number(1), version = kind >> 4, flags = bytes.number(3), size = bytes.number(4);
  const uint64_t count = flags & 0xFFFF;
  if (version < 1 || version > 3 || size == 0) throw StructureProblem("a datatype of an unknown form");
  switch (static_cast<TypeClass>(kind & 15)) {
    case TypeClass::integer:
    case TypeClass::bits: {
      const uint64_t offset = bytes.number(2), precision = bytes.number(2);
      if (precision == 0 || offset + precision > 8 * size)
        throw StructureProblem("bits beyond their datatype");
      break;
    }
    case TypeClass::real: {
      const uint64_t offset = bytes.number(2), precision = bytes.number(2);
      const uint64_t exponent = bytes.number(1), exponent_bits = bytes.number(1);
      const uint64_t mantissa = bytes.number(1), mantissa_bits = bytes.number(1), sign = flags >> 8 & 0xFF;
      bytes.skip(4);
      if (precision == 0 || exponent_bits == 0 || mantissa_bits == 0 || offset + precision > 8 * size ||
          exponent + exponent_bits > precision || mantissa + mantissa_bits > precision || sign >= precision)
        throw StructureProblem("bits beyond their datatype");
      break;
    }
    case TypeClass::time:
      bytes.skip(2);
      break;
    case TypeClass::text:
    case TypeClass::reference:
      break;
    case TypeClass::opaque:
      bytes.skip(rounded_up(flags & 0xFF));
      break;
    case TypeClass::compound:
      if (count == 0) throw StructureProblem("a datatype without members");
      check_members(bytes, count, version, size, depth + 1);
      break;
    case TypeClass::enumeration:
      check_enumeration(bytes, count, version, depth + 1);
      break;
    case TypeClass::text_of_any_length:
      (void)check_type(bytes, depth + 1);
      break;
    case TypeClass::array:
      if (check_array(bytes, version, depth + 1) != size) throw StructureProblem("an array of another size");
      break;
    default:
      throw StructureProblem("a datatype of an unknown class");
  }
  return size;
}

}  // namespace

uint64_t check_datatype(std::span<const uint8_t> message) {
  Bytes bytes(message);
  return check_type(bytes, 0);
}

uint64_t check_dataspace(std::span<const uint8_t> message) {
  Bytes bytes(message);
  const uint64_t version = bytes.number(1), axes = bytes.number(1), flags = bytes.number(1);
  if (version < 1 || version > 2 || axes > kMostAxes || flags > 1)
    throw StructureProblem("a shape of an unknown form");
  uint64_t kind = 1;
  if (version == 1) {
    bytes.skip(5);
  } else {
    kind = bytes.number(1);
    if (kind > 2 || (kind != 1 && axes > 0)) throw StructureProblem("a shape of an unknown form");
  }
  if (kind == 2) return 0;
  uint64_t elements = 1;
  for (uint64_t i = 0; i < axes; ++i) {
    if (__builtin_mul_overflow(elements, bytes.number(8), &elements))
      throw StructureProblem("a shape that is too large");
  }
  if (flags == 1) bytes.skip(8 * axes);
  return elements;
}

void check_fill_value(std::span<const uint8_t> message) {
  Bytes bytes(message);
  const uint64_t version = bytes.number(1);
  if (version < 1 || version > 3) throw StructureProblem("a fill value of an unknown form");
  bool has_value = true;
  if (version == 3) {
    has_value = (bytes.number(1) & 0x20) != 0;
  } else {
    bytes.skip(2);
    has_value = bytes.number(1) != 0 || version == 1;
  }
  if (!has_value) return;
  const uint64_t size = bytes.number(4);
  if (size != UINT32_MAX) bytes.skip(size);  // -1: none
}

void check_old_fill_value(std::span<const uint8_t> message) {
  Bytes bytes(message);
  bytes.skip(bytes.number(4));
}

void check_filters(std::span<const uint8_t> message) {
  constexpr uint64_t kMostFilters = 32, kFirstOfOthers = 256;
  Bytes bytes(message);
  const uint64_t version = bytes.number(1), count = bytes.number(1);
  if (version < 1 || version > 2 || count > kMostFilters)
    throw StructureProblem("filters of an unknown form");
  if (version == 1) bytes.skip(6);
  for (uint64_t i = 0; i < count; ++i) {
    const uint64_t id = bytes.number(2);
    const uint64_t name = version == 1 || id >= kFirstOfOthers ? bytes.number(2) : 0;
    bytes.skip(2);
    const uint64_t values = bytes.number(2);
    const auto text = bytes.take(version == 1 ? rounded_up(name) : name);
    if (name > 0 && std::find(text.begin(), text.end(), 0) == text.end())
      throw StructureProblem("a name without an end");
    bytes.skip(4 * values);
    if (version == 1 && values % 2 == 1) bytes.skip(4);
  }
}

void check_attribute(std::span<const uint8_t> message) {
  Bytes bytes(message);
  const uint64_t version = bytes.number(1), flags = bytes.number(1);
  if (version < 1 || version > 3) throw StructureProblem("an attribute of an unknown form");
  if (version > 1 && flags != 0) throw StructureProblem("an attribute of a shared datatype");
  const uint64_t name_bytes = bytes.number(2), type_bytes = bytes.number(2), space_bytes = bytes.number(2);
  if (version == 3) bytes.skip(1);
  const auto part = [&](uint64_t size) {
    return bytes.take(version == 1 ? rounded_up(size) : size).first(size);
  };
  const auto name = part(name_bytes);
  if (std::find(name.begin(), name.end(), 0) == name.end()) throw StructureProblem("a name without an end");
  const uint64_t element = check_datatype(part(type_bytes)), elements = check_dataspace(part(space_bytes));
  uint64_t size = 0;
  if (__builtin_mul_overflow(element, elements, &size) || size > bytes.left())
    throw StructureProblem("an attribute that is larger than its place");
}

}  // namespace tf_injector::detail::hdf5
