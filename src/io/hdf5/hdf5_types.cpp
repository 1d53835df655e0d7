#include "io/hdf5/hdf5_types.hpp"

#include <tuple>

namespace tf_injector::detail::hdf5 {

Dataspace read_dataspace(std::span<const uint8_t> message) {
  Cursor cursor(message);
  const unsigned version = cursor.u8(), rank = cursor.u8();
  cursor.skip(1);  // flags
  Dataspace space;
  if (version == 1) {
    cursor.skip(5);
  } else if (version == 2) {
    constexpr unsigned kNull = 2;
    space.is_null = cursor.u8() == kNull;
  } else {
    throw Damaged("a shape of version " + std::to_string(version));
  }
  constexpr unsigned kMostAxes = 32;
  if (rank > kMostAxes) throw Damaged("a shape of " + std::to_string(rank) + " axes");
  for (unsigned axis = 0; axis < rank; ++axis) {
    const uint64_t dim = cursor.u64();
    if (dim > uint64_t{1} << 62 || __builtin_mul_overflow(space.elements, dim, &space.elements))
      throw Damaged("it declares a shape of more elements than any file holds");
    space.dims.push_back(dim);
  }
  return space;
}

namespace {

// IEEE 754 of 16, 32 or 64 bits.
Kind float_kind(Cursor& cursor, size_t bytes, unsigned flags) {
  constexpr unsigned kImpliedBit = 2;
  const unsigned normalisation = flags >> 4 & 3, sign = flags >> 8 & 0xFF;
  const unsigned offset = cursor.u16(), precision = cursor.u16();
  const unsigned exponent_at = cursor.u8(), exponent_bits = cursor.u8();
  const unsigned mantissa_at = cursor.u8(), mantissa_bits = cursor.u8();
  const uint32_t bias = cursor.u32();
  const auto is = [&](size_t size, unsigned exponents, unsigned mantissas) {
    return bytes == size && offset == 0 && precision == size * 8 && normalisation == kImpliedBit &&
           sign == size * 8 - 1 && exponent_at == mantissas && exponent_bits == exponents &&
           mantissa_at == 0 && mantissa_bits == mantissas && bias == (1U << (exponents - 1)) - 1;
  };
  if (is(2, 5, 10)) return Kind::float16;
  if (is(4, 8, 23)) return Kind::float32;
  if (is(8, 11, 52)) return Kind::float64;
  return Kind::other;
}

}  // namespace

ElementType read_type(std::span<const uint8_t> message) {
  enum Class : unsigned { integer = 0, real = 1, text = 3, opaque = 5, variable = 9 };
  Cursor cursor(message);
  const unsigned type = cursor.u8();
  const auto flags = static_cast<unsigned>(cursor.number(3));
  ElementType found;
  found.bytes = cursor.u32();
  found.is_big_endian = (flags & 1) != 0;
  switch (type & 15) {
    case integer: {
      const unsigned offset = cursor.u16(), precision = cursor.u16();
      const bool is_whole = offset == 0 && precision == found.bytes * 8 &&
                            (found.bytes == 1 || found.bytes == 2 || found.bytes == 4 || found.bytes == 8);
      if (is_whole) found.kind = (flags & 8) != 0 ? Kind::signed_integer : Kind::unsigned_integer;
      break;
    }
    case real: {
      constexpr unsigned kOddOrder = 0x40;  // VAX
      if ((flags & kOddOrder) == 0) found.kind = float_kind(cursor, found.bytes, flags);
      break;
    }
    case text:
      if ((flags & 15) > 2) throw Damaged("a text of unknown padding");
      found.kind = Kind::fixed_text;
      found.padding = static_cast<Padding>(flags & 15);
      break;
    case opaque:
      found.kind = Kind::opaque;
      break;
    case variable:
      if ((flags & 15) == 1) found.kind = Kind::variable_text;
      break;
    default:
      break;
  }
  return found;
}

}  // namespace tf_injector::detail::hdf5
