#include "io/hdf5/hdf5_dataset.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <span>

#include "core/half.hpp"
#include "io/hdf5/hdf5_attribute.hpp"

namespace tf_injector::detail::hdf5 {
namespace {

// A limit on the compression ratio of data larger than this size. Gzip cannot exceed 1032, and weights hardly
// compress at all.
constexpr uint64_t kUncheckedSize = uint64_t{64} << 20;
constexpr uint64_t kMaxRatio = 100;
constexpr uint64_t kDeflateRatio = 1032;

enum class Values { float16, bfloat16, float32, float64, signed_integer, unsigned_integer };

// IEEE 754 binary16 in either byte order, as h5py writes it.
bool is_float16(hid_t type) {
  size_t sign = 0, exponent = 0, exponent_bits = 0, mantissa = 0, mantissa_bits = 0;
  return H5Tget_size(type) == 2 &&
         H5Tget_fields(type, &sign, &exponent, &exponent_bits, &mantissa, &mantissa_bits) >= 0 &&
         sign == 15 && exponent == 10 && exponent_bits == 5 && mantissa == 0 && mantissa_bits == 10 &&
         H5Tget_ebias(type) == 15 && H5Tget_norm(type) == H5T_NORM_IMPLIED;
}

bool is_one_of(hid_t type, std::span<const hid_t> types) {
  return std::any_of(types.begin(), types.end(), [&](hid_t other) { return H5Tequal(type, other) > 0; });
}

std::optional<Values> values_of(hid_t type) {
  const std::array float32{H5T_IEEE_F32LE, H5T_IEEE_F32BE}, float64{H5T_IEEE_F64LE, H5T_IEEE_F64BE};
  const std::array signed_types{H5T_STD_I8LE,  H5T_STD_I8BE,  H5T_STD_I16LE, H5T_STD_I16BE,
                                H5T_STD_I32LE, H5T_STD_I32BE, H5T_STD_I64LE, H5T_STD_I64BE};
  const std::array unsigned_types{H5T_STD_U8LE,  H5T_STD_U8BE,  H5T_STD_U16LE, H5T_STD_U16BE,
                                  H5T_STD_U32LE, H5T_STD_U32BE, H5T_STD_U64LE, H5T_STD_U64BE};
  switch (H5Tget_class(type)) {
    case H5T_FLOAT:
      if (is_one_of(type, float32)) return Values::float32;
      if (is_one_of(type, float64)) return Values::float64;
      if (is_float16(type)) return Values::float16;
      return std::nullopt;
    case H5T_INTEGER:
      if (is_one_of(type, signed_types)) return Values::signed_integer;
      if (is_one_of(type, unsigned_types)) return Values::unsigned_integer;
      return std::nullopt;
    case H5T_OPAQUE:  // h5py's "|V2": Keras 3 writes bfloat16 this way, with the attribute `dtype`
      return H5Tget_size(type) == 2 ? std::optional(Values::bfloat16) : std::nullopt;
    default:
      return std::nullopt;
  }
}

class Reader {
 public:
  Reader(const ObjectHandle& dataset, const std::string& where, std::span<const uint8_t> file)
      : dataset_(dataset), where_(where), file_(file) {}

  Hdf5File::Array read() {
    const TypeHandle type(H5Dget_type(dataset_.get()));
    const auto values = type.valid() ? values_of(type.get()) : std::nullopt;
    if (!values) throw_bad(where_, "expected floats of 16, 32 or 64 bits or integers, found another type");
    if (*values == Values::bfloat16) check_bfloat16();
    Hdf5File::Array array;
    array.shape = read_shape();
    check_storage(H5Tget_size(type.get()));
    array.values = convert(*values, type.get());
    return array;
  }

 private:
  // Only the attribute says that two opaque bytes are a bfloat16.
  void check_bfloat16() const {
    const auto dtype = read_strings(dataset_, "dtype", where_, file_);
    if (!dtype || dtype->size() != 1 || dtype->front() != "bfloat16")
      throw_bad(where_, "holds opaque values; expected an attribute dtype = 'bfloat16'");
  }

  Shape read_shape() {
    const SpaceHandle space(H5Dget_space(dataset_.get()));
    const H5S_class_t kind = space.valid() ? H5Sget_simple_extent_type(space.get()) : H5S_NO_CLASS;
    if (kind == H5S_SCALAR) return {};
    if (kind != H5S_SIMPLE) throw_bad(where_, "has no shape");
    std::array<hsize_t, H5S_MAX_RANK> dims{};
    const int rank = H5Sget_simple_extent_dims(space.get(), dims.data(), nullptr);
    if (rank < 0) throw_bad(where_, "its shape cannot be read");
    std::vector<int64_t> shape;
    for (int axis = 0; axis < rank; ++axis) {
      const hsize_t dim = dims[static_cast<size_t>(axis)];
      if (dim > uint64_t{1} << 62 || __builtin_mul_overflow(elements_, dim, &elements_)) {
        throw_bad(where_, "declares a shape of more elements than any file holds");
      }
      shape.push_back(static_cast<int64_t>(dim));
    }
    return Shape(std::move(shape));
  }

  void check_storage(size_t element_bytes) const {
    uint64_t bytes = 0;
    if (__builtin_mul_overflow(elements_, element_bytes, &bytes))
      throw_bad(where_, "declares a size beyond any file");
    if (bytes == 0) return;
    const PropertyHandle plist(H5Dget_create_plist(dataset_.get()));
    if (!plist.valid()) throw_bad(where_, "its storage properties cannot be read");
    if (H5Pget_external_count(plist.get()) != 0)
      throw_bad(where_, "keeps its data in another file; that is refused");
    const bool packed = check_filters(plist.get());
    const uint64_t stored = H5Dget_storage_size(dataset_.get());
    const auto too_large = [&] {
      throw_bad(where_, "declares " + std::to_string(bytes) + " bytes, the file stores " +
                            std::to_string(stored) + " for it; it is damaged or was never written in full");
    };
    if (stored > file_.size()) too_large();
    switch (H5Pget_layout(plist.get())) {
      case H5D_COMPACT:
      case H5D_CONTIGUOUS:
        if (stored < bytes ||
            (H5Pget_layout(plist.get()) == H5D_CONTIGUOUS && H5Dget_offset(dataset_.get()) == HADDR_UNDEF)) {
          too_large();
        }
        return;
      case H5D_CHUNKED:
        check_chunks(plist.get(), element_bytes, bytes);
        if (packed ? bytes / kDeflateRatio > stored : bytes > stored) too_large();
        if (bytes > kUncheckedSize && bytes / kMaxRatio > stored) too_large();
        return;
      default:
        throw_bad(where_, "is a view of other data sets or of an unknown layout; that is refused");
    }
  }

  // A chunk is decompressed as a whole, so it must not be far larger than the data.
  void check_chunks(hid_t plist, size_t element_bytes, uint64_t bytes) const {
    std::array<hsize_t, H5S_MAX_RANK> dims{};
    const int rank = H5Pget_chunk(plist, H5S_MAX_RANK, dims.data());
    uint64_t chunk = element_bytes;
    bool overflow = rank < 0;
    for (int axis = 0; axis < rank; ++axis) {
      overflow |= __builtin_mul_overflow(chunk, dims[static_cast<size_t>(axis)], &chunk);
    }
    if (overflow || chunk > std::max(kUncheckedSize, bytes))
      throw_bad(where_, "declares chunks larger than its data");
  }

  // True if there are filters. Throws unless they are gzip or shuffle.
  bool check_filters(hid_t plist) const {
    const int count = H5Pget_nfilters(plist);
    for (int i = 0; i < count; ++i) {
      unsigned flags = 0, config = 0;
      size_t parameters = 0;
      const H5Z_filter_t filter =
          H5Pget_filter2(plist, static_cast<unsigned>(i), &flags, &parameters, nullptr, 0, nullptr, &config);
      if (filter != H5Z_FILTER_DEFLATE && filter != H5Z_FILTER_SHUFFLE) {
        throw_bad(where_, "is packed with HDF5 filter " + std::to_string(filter) +
                              "; expected none, gzip or shuffle");
      }
    }
    if (count < 0) throw_bad(where_, "its filters cannot be read");
    return count > 0;
  }

  template <typename Stored, typename Convert>
  std::vector<float> convert_from(hid_t memory_type, Convert to_float) const {
    std::vector<Stored> stored(elements_);
    if (elements_ > 0 &&
        H5Dread(dataset_.get(), memory_type, H5S_ALL, H5S_ALL, H5P_DEFAULT, stored.data()) < 0) {
      throw_bad(where_, "its data cannot be read; the file is damaged");
    }
    if constexpr (std::is_same_v<Stored, float>) {
      return stored;
    } else {
      std::vector<float> out(stored.size());
      std::transform(stored.begin(), stored.end(), out.begin(), to_float);
      return out;
    }
  }

  std::vector<float> convert(Values values, hid_t type) const {
    const auto narrow = [](auto x) { return static_cast<float>(x); };
    switch (values) {
      case Values::float32:
        return convert_from<float>(H5T_NATIVE_FLOAT, narrow);
      case Values::float64:
        return convert_from<double>(H5T_NATIVE_DOUBLE, narrow);
      case Values::signed_integer:
        return convert_from<int64_t>(H5T_NATIVE_INT64, narrow);
      case Values::unsigned_integer:
        return convert_from<uint64_t>(H5T_NATIVE_UINT64, narrow);
      case Values::bfloat16:
        return convert_from<uint16_t>(type, bfloat16_to_float);
      case Values::float16:
        break;
    }
    const TypeHandle bits(H5Tcopy(type));  // the file's type with only the byte order changed to ours
    H5Tset_order(bits.get(), H5T_ORDER_LE);
    return convert_from<uint16_t>(bits.get(), half_to_float);
  }

  const ObjectHandle& dataset_;
  const std::string& where_;
  const std::span<const uint8_t> file_;
  uint64_t elements_ = 1;
};

}  // namespace

Hdf5File::Array read_floats(const ObjectHandle& dataset, const std::string& where,
                            std::span<const uint8_t> file) {
  return Reader(dataset, where, file).read();
}

}  // namespace tf_injector::detail::hdf5
