#include "data/pickle/pickle_objects.hpp"

#include <algorithm>
#include <limits>

#include "core/printable.hpp"

namespace tf_injector::detail::data {
namespace {

using Kind = PickleValue::Kind;

enum class Global : int64_t { encode, bytes, reconstruct, scalar, from_buffer, ndarray, dtype };

struct KnownGlobal {
  std::string_view module;
  std::string_view name;
  Global global;
};

// NumPy 2 renamed numpy.core to numpy._core; protocol 2 names Python 2's modules.
constexpr KnownGlobal kGlobals[] = {
    {"_codecs", "encode", Global::encode},
    {"__builtin__", "bytes", Global::bytes},
    {"builtins", "bytes", Global::bytes},
    {"numpy.core.multiarray", "_reconstruct", Global::reconstruct},
    {"numpy._core.multiarray", "_reconstruct", Global::reconstruct},
    {"numpy.core.multiarray", "scalar", Global::scalar},
    {"numpy._core.multiarray", "scalar", Global::scalar},
    {"numpy.core.numeric", "_frombuffer", Global::from_buffer},
    {"numpy._core.numeric", "_frombuffer", Global::from_buffer},
    {"numpy", "ndarray", Global::ndarray},
    {"numpy", "dtype", Global::dtype},
};

bool is_global(const PickleValue& value, Global global) {
  return value.kind == Kind::global && value.integer == static_cast<int64_t>(global);
}

std::string_view text_of(const PickleValue& value) {
  if (value.kind != Kind::text && value.kind != Kind::bytes) return {};
  return {reinterpret_cast<const char*>(value.bytes.data()), value.bytes.size()};
}

const PickleValue& item(const PickleValues& values, const PickleValue& sequence, size_t i) {
  return values[sequence.items[i]];
}

// _codecs.encode(text, "latin1"): how Python 3 writes bytes in protocol 2. Code points above 255 have no
// byte.
PickleValue encode_latin1(const PickleValues& values, const PickleValue& args, size_t& budget) {
  if (args.items.size() != 2 || item(values, args, 0).kind != Kind::text)
    throw PickleProblem("_codecs.encode takes a text and 'latin1'");
  const std::string_view encoding = text_of(item(values, args, 1));
  if (encoding != "latin1" && encoding != "latin-1")
    throw PickleProblem("_codecs.encode with '" + one_line(encoding, kLongestShown) + "', expected 'latin1'");
  const std::span<const uint8_t> text = item(values, args, 0).bytes;
  if (text.size() > budget) throw PickleProblem("it encodes one text many times");
  budget -= text.size();
  auto bytes = std::make_shared<std::vector<uint8_t>>();
  bytes->reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    const uint8_t lead = text[i];
    if (lead < 0x80) {
      bytes->push_back(lead);
      continue;
    }
    const bool pair = (lead == 0xC2 || lead == 0xC3) && i + 1 < text.size() && (text[i + 1] & 0xC0) == 0x80;
    if (!pair) throw PickleProblem("a text that is to become bytes holds a character that is no byte");
    bytes->push_back(static_cast<uint8_t>((lead << 6) | (text[++i] & 0x3F)));
  }
  PickleValue value{.kind = Kind::bytes};
  value.bytes = *bytes;
  value.owned = std::move(bytes);
  return value;
}

// numpy.dtype("u1", False, True): byte order comes with the state. Only plain numbers.
PickleValue make_dtype(const PickleValues& values, const PickleValue& args) {
  const std::string_view code = args.items.empty() ? std::string_view() : text_of(item(values, args, 0));
  constexpr std::string_view kCodes[] = {"b1", "u1", "u2", "u4", "u8", "i1",
                                         "i2", "i4", "i8", "f2", "f4", "f8"};
  if (std::find(std::begin(kCodes), std::end(kCodes), code) == std::end(kCodes))
    throw PickleProblem("NumPy type '" + one_line(code, kLongestShown) + "', expected plain numbers");
  PickleValue value{.kind = Kind::dtype};
  value.dtype = (code[1] == '1' ? "|" : "<") + std::string(code);
  return value;
}

size_t item_size(const std::string& dtype) { return static_cast<size_t>(dtype[2] - '0'); }

std::vector<int64_t> shape_of(const PickleValues& values, const PickleValue& shape) {
  constexpr size_t kMaxRank = 32;  // NumPy's own limit
  std::vector<int64_t> dims;
  if (shape.kind != Kind::tuple || shape.items.size() > kMaxRank)
    throw PickleProblem("an array's shape is no tuple of at most 32 numbers");
  for (PickleRef ref : shape.items) {
    if (values[ref].kind != Kind::integer || values[ref].integer < 0)
      throw PickleProblem("an array's shape holds something that is no size");
    dims.push_back(values[ref].integer);
  }
  return dims;
}

// Sets the array's contents, which must be exactly as long as shape and dtype say.
void fill_array(PickleValue& array, const std::string& dtype, std::vector<int64_t> shape, bool fortran_order,
                const PickleValue& data) {
  if (data.kind != Kind::bytes)
    throw PickleProblem("an array's contents are no bytes (an array of objects?)");
  uint64_t expected = item_size(dtype);
  bool too_large = false;
  for (int64_t d : shape) too_large |= __builtin_mul_overflow(expected, static_cast<uint64_t>(d), &expected);
  if (too_large || expected != data.bytes.size()) {
    throw PickleProblem("an array's shape and type announce " +
                        (too_large ? std::string("too many") : std::to_string(expected)) +
                        " bytes, there are " + std::to_string(data.bytes.size()));
  }
  array.kind = Kind::array;
  array.dtype = dtype;
  array.shape = std::move(shape);
  array.fortran_order = fortran_order;
  array.bytes = data.bytes;
}

// _reconstruct(ndarray, (0,), b"b"): an empty array that BUILD fills.
PickleValue reconstruct_array(const PickleValues& values, const PickleValue& args) {
  if (args.items.size() != 3 || !is_global(item(values, args, 0), Global::ndarray))
    throw PickleProblem("_reconstruct of something that is no numpy.ndarray");
  PickleValue value{.kind = Kind::array};
  value.dtype = "|i1";
  value.shape = {0};
  return value;
}

// _frombuffer(bytes, dtype, shape, "C" or "F"): arrays in protocol 5.
PickleValue array_from_buffer(const PickleValues& values, const PickleValue& args) {
  if (args.items.size() != 4 || item(values, args, 1).kind != Kind::dtype)
    throw PickleProblem("_frombuffer takes bytes, a dtype, a shape and an order");
  const std::string_view order = text_of(item(values, args, 3));
  if (order != "C" && order != "F") throw PickleProblem("an array's order is neither 'C' nor 'F'");
  PickleValue value;
  fill_array(value, item(values, args, 1).dtype, shape_of(values, item(values, args, 2)), order == "F",
             item(values, args, 0));
  return value;
}

// scalar(dtype, bytes): one NumPy number.
PickleValue numpy_scalar(const PickleValues& values, const PickleValue& args) {
  if (args.items.size() != 2 || item(values, args, 0).kind != Kind::dtype ||
      item(values, args, 1).kind != Kind::bytes)
    throw PickleProblem("scalar takes a dtype and bytes");
  const std::string& dtype = item(values, args, 0).dtype;
  const std::span<const uint8_t> bytes = item(values, args, 1).bytes;
  if (dtype[1] == 'f') throw PickleProblem("a NumPy number of type '" + dtype + "', expected an integer");
  if (bytes.size() != item_size(dtype)) throw PickleProblem("a NumPy number of a wrong size");
  uint64_t bits = 0;
  for (size_t i = 0; i < bytes.size(); ++i) {
    const size_t place = dtype[0] == '>' ? bytes.size() - 1 - i : i;
    bits |= static_cast<uint64_t>(bytes[i]) << (8 * place);
  }
  const size_t unused = 64 - 8 * bytes.size();
  PickleValue value{.kind = Kind::integer};
  if (dtype[1] == 'i') {
    value.integer = static_cast<int64_t>(bits << unused) >> unused;  // the sign goes up to bit 63
  } else if (bits > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) {
    throw PickleProblem("a NumPy number above 2^63 - 1");
  } else {
    value.integer = static_cast<int64_t>(bits);
  }
  return value;
}

// The state is (version, byte order, subtype, names, fields, ...); for plain numbers only the byte order
// matters.
void build_dtype(const PickleValues& values, PickleValue& dtype, const PickleValue& state) {
  constexpr size_t kShortest = 5;
  if (state.kind != Kind::tuple || state.items.size() < kShortest)
    throw PickleProblem("a NumPy type without its byte order");
  const std::string_view order = text_of(item(values, state, 1));
  for (size_t i = 2; i < kShortest; ++i) {
    if (item(values, state, i).kind != Kind::none)
      throw PickleProblem("a NumPy type with fields, expected plain numbers");
  }
  if (order != "<" && order != ">" && order != "|" && order != "=")
    throw PickleProblem("a NumPy type's byte order is '" + one_line(order, kLongestShown) + "'");
  if (item_size(dtype.dtype) > 1) dtype.dtype[0] = order == ">" ? '>' : '<';
}

// The state is (version, shape, dtype, is Fortran order, contents).
void build_array(const PickleValues& values, PickleValue& array, const PickleValue& state) {
  if (state.kind != Kind::tuple || state.items.size() != 5 || item(values, state, 2).kind != Kind::dtype)
    throw PickleProblem("a NumPy array's state is not (version, shape, type, order, contents)");
  const PickleValue& order = item(values, state, 3);
  if (order.kind != Kind::boolean && order.kind != Kind::integer)
    throw PickleProblem("a NumPy array without its order");
  fill_array(array, item(values, state, 2).dtype, shape_of(values, item(values, state, 1)),
             order.integer != 0, item(values, state, 4));
}

}  // namespace

PickleValue pickle_global(std::string_view module, std::string_view name) {
  for (const KnownGlobal& known : kGlobals) {
    if (known.module != module || known.name != name) continue;
    PickleValue value{.kind = Kind::global};
    value.integer = static_cast<int64_t>(known.global);
    return value;
  }
  throw PickleProblem("it names '" + one_line(module, kLongestShown) + "." + one_line(name, kLongestShown) +
                      "'; only bytes and NumPy arrays are read, nothing is called");
}

PickleValue pickle_reduce(const PickleValues& values, const PickleValue& callable, const PickleValue& args,
                          size_t& budget) {
  if (callable.kind != Kind::global || args.kind != Kind::tuple)
    throw PickleProblem("it calls something that is no function");
  switch (static_cast<Global>(callable.integer)) {
    case Global::encode:
      return encode_latin1(values, args, budget);
    case Global::bytes:
      if (!args.items.empty()) throw PickleProblem("bytes() with arguments");
      return PickleValue{.kind = Kind::bytes};
    case Global::reconstruct:
      return reconstruct_array(values, args);
    case Global::scalar:
      return numpy_scalar(values, args);
    case Global::from_buffer:
      return array_from_buffer(values, args);
    case Global::dtype:
      return make_dtype(values, args);
    case Global::ndarray:
      break;
  }
  throw PickleProblem("it makes a numpy.ndarray in an unknown way");
}

void pickle_build(const PickleValues& values, PickleValue& object, const PickleValue& state) {
  if (object.kind == Kind::dtype) return build_dtype(values, object, state);
  if (object.kind == Kind::array) return build_array(values, object, state);
  throw PickleProblem("it sets the state of something that has none");
}

}  // namespace tf_injector::detail::data
