#include "io/npy.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <optional>
#include <string_view>

#include "core/half.hpp"
#include "core/printable.hpp"
#include "io/file.hpp"
#include "io/npy_header.hpp"
#include "io/zip_archive.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail {
namespace {

static_assert(std::endian::native == std::endian::little,
              "arrays are kept in memory as they are in the file");

// Reverses the bytes of each scalar.
void swap_bytes(std::vector<uint8_t>& bytes, size_t scalar) {
  for (size_t at = 0; at + scalar <= bytes.size(); at += scalar) {
    std::reverse(bytes.begin() + static_cast<ptrdiff_t>(at),
                 bytes.begin() + static_cast<ptrdiff_t>(at + scalar));
  }
}

// Converts Fortran order (first index fastest) to C order (last index fastest).
std::vector<uint8_t> transpose_to_c(const std::vector<uint8_t>& bytes, const std::vector<int64_t>& shape,
                                    size_t item) {
  const size_t rank = shape.size();
  std::vector<size_t> stride(rank), index(rank, 0);  // strides of the source, in bytes
  for (size_t axis = 0, step = item; axis < rank; ++axis) {
    stride[axis] = step;
    step *= static_cast<size_t>(shape[axis]);
  }
  std::vector<uint8_t> out(bytes.size());
  for (size_t to = 0, from = 0; to < out.size(); to += item) {
    std::memcpy(out.data() + to, bytes.data() + from, item);
    for (size_t axis = rank; axis-- > 0;) {  // count up, last index first
      from += stride[axis];
      if (++index[axis] < static_cast<size_t>(shape[axis])) break;
      from -= stride[axis] * index[axis];
      index[axis] = 0;
    }
  }
  return out;
}

template <typename Stored, typename Wanted, typename Convert>
std::vector<Wanted> convert_items(const std::vector<uint8_t>& bytes, Convert convert) {
  std::vector<Wanted> out(bytes.size() / sizeof(Stored));
  for (size_t i = 0; i < out.size(); ++i) {
    Stored value;
    std::memcpy(&value, bytes.data() + i * sizeof value, sizeof value);
    out[i] = convert(value);
  }
  return out;
}

// Converts the integer dtypes and bool; nothing for other dtypes.
template <typename Wanted>
std::optional<std::vector<Wanted>> convert_integers(const NpyArray& array) {
  const auto plain = [](auto value) { return static_cast<Wanted>(value); };
  const std::string kind = array.dtype.substr(1);
  if (kind == "i1") return convert_items<int8_t, Wanted>(array.bytes, plain);
  if (kind == "u1" || kind == "b1") return convert_items<uint8_t, Wanted>(array.bytes, plain);
  if (kind == "i2") return convert_items<int16_t, Wanted>(array.bytes, plain);
  if (kind == "u2") return convert_items<uint16_t, Wanted>(array.bytes, plain);
  if (kind == "i4") return convert_items<int32_t, Wanted>(array.bytes, plain);
  if (kind == "u4") return convert_items<uint32_t, Wanted>(array.bytes, plain);
  if (kind == "i8") return convert_items<int64_t, Wanted>(array.bytes, plain);
  if (kind == "u8") return convert_items<uint64_t, Wanted>(array.bytes, plain);
  return std::nullopt;
}

void append_repr(std::string& text, std::span<const int64_t> shape) {
  text += '(';
  for (size_t i = 0; i < shape.size(); ++i) text += (i ? ", " : "") + std::to_string(shape[i]);
  text += shape.size() == 1 ? ",)" : ")";
}

}  // namespace

int64_t NpyArray::elements() const {
  if (std::find(shape.begin(), shape.end(), 0) != shape.end()) return 0;  // even if the others overflow
  int64_t n = 1;
  for (int64_t d : shape) n *= d;
  return n;
}

std::vector<float> NpyArray::to_float32() const {
  if (dtype == "<f4") return convert_items<float, float>(bytes, [](float x) { return x; });
  if (dtype == "<f2") return convert_items<uint16_t, float>(bytes, half_to_float);
  if (dtype == "<f8")
    return convert_items<double, float>(bytes, [](double x) { return static_cast<float>(x); });
  if (auto values = convert_integers<float>(*this)) return std::move(*values);
  throw Error(ErrorKind::bad_input,
              "array of dtype '" + dtype + "': expected floats (16, 32, 64 bits) or integers");
}

std::vector<int64_t> NpyArray::to_int64() const {
  auto values = convert_integers<int64_t>(*this);
  if (!values) throw Error(ErrorKind::bad_input, "array of dtype '" + dtype + "': expected integers");
  const bool overflow =
      dtype == "<u8" && std::any_of(values->begin(), values->end(), [](int64_t v) { return v < 0; });
  if (overflow) throw Error(ErrorKind::bad_input, "array of dtype '<u8': a value is above 2^63 - 1");
  return std::move(*values);
}

NpyArray parse_npy(std::span<const uint8_t> bytes, const std::string& label) {
  const NpyHeader header = parse_npy_header(bytes, label);
  const std::span<const uint8_t> data = bytes.subspan(header.size);
  uint64_t expected = header.item_size;
  bool too_large = false;
  for (int64_t d : header.shape)
    too_large |= __builtin_mul_overflow(expected, static_cast<uint64_t>(d), &expected);
  // A dimension of 0 makes the array empty even if the product of the others overflows.
  if (std::find(header.shape.begin(), header.shape.end(), 0) != header.shape.end())
    expected = 0;
  else if (too_large)
    throw_bad_array(label, "its shape has more elements than any file");
  if (data.size() != expected) {
    throw_bad_array(label, "its header announces " + std::to_string(expected) + " bytes of data, there are " +
                               std::to_string(data.size()) + "; the file is damaged");
  }
  NpyArray array{.dtype = header.dtype, .shape = header.shape, .bytes = {data.begin(), data.end()}};
  if (array.dtype[0] == '>') {
    swap_bytes(array.bytes, header.scalar_size);
    array.dtype[0] = '<';
  }
  const bool many = array.shape.size() > 1 && !array.bytes.empty();
  if (header.fortran_order && many) array.bytes = transpose_to_c(array.bytes, array.shape, header.item_size);
  return array;
}

NpyArray read_npy(const std::string& path) { return parse_npy(read_bytes(path), path); }

std::map<std::string, NpyArray> read_npz(const std::string& path) {
  constexpr std::string_view kSuffix = ".npy";
  const ZipArchive archive(path);
  std::map<std::string, NpyArray> arrays;
  for (const std::string& name : archive.names()) {
    if (!name.ends_with(kSuffix))
      throw_bad_array(path, "member '" + printable(name) + "' is no .npy array; expected an .npz of NumPy");
    arrays.emplace(name.substr(0, name.size() - kSuffix.size()),
                   parse_npy(archive.read(name), path + ": member '" + printable(name) + "'"));
  }
  return arrays;
}

std::string npy_header(const std::string& dtype, std::span<const int64_t> shape) {
  constexpr size_t kGrowthDigits =
      21;  // NumPy leaves room for the first dimension to grow to that many digits
  constexpr size_t kAlignment = 64;
  constexpr size_t kPrefix = 10;  // magic, version, length of the text
  std::string text = "{'descr': '" + dtype + "', 'fortran_order': False, 'shape': ";
  append_repr(text, shape);
  text += ", }";
  if (!shape.empty()) text.append(kGrowthDigits - std::to_string(shape[0]).size(), ' ');
  text.append(kAlignment - (kPrefix + text.size() + 1) % kAlignment,
              ' ');  // a full 64 where nothing is missing
  text += '\n';
  std::string header("\x93NUMPY\x01\x00", 8);
  header += static_cast<char>(text.size() & 0xFF);
  header += static_cast<char>(text.size() >> 8);
  return header + text;
}

std::string npy_bytes(std::span<const float> values, int64_t rows, int64_t columns) {
  if (rows < 0 || columns < 0 || static_cast<uint64_t>(rows * columns) != values.size()) {
    throw Error(ErrorKind::internal, "npy_bytes: " + std::to_string(values.size()) + " values for " +
                                         std::to_string(rows) + " x " + std::to_string(columns));
  }
  const int64_t shape[] = {rows, columns};
  std::string bytes = npy_header("<f4", shape);
  bytes.append(reinterpret_cast<const char*>(values.data()), values.size_bytes());
  return bytes;
}

}  // namespace tf_injector::detail
