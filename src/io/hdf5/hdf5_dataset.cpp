#include "io/hdf5/hdf5_dataset.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#include "core/half.hpp"
#include "io/hdf5/hdf5_attribute.hpp"
#include "io/hdf5/hdf5_chunks.hpp"
#include "io/hdf5/hdf5_types.hpp"

namespace tf_injector::detail::hdf5 {
namespace {

// A limit on the compression ratio of data larger than this size. Gzip cannot exceed 1032, and weights hardly
// compress at all.
constexpr uint64_t kUncheckedSize = uint64_t{64} << 20;
constexpr uint64_t kMaxRatio = 100;
constexpr uint64_t kDeflateRatio = 1032;

template <typename T>
T element_at(const uint8_t* bytes, bool is_big_endian) {
  std::array<uint8_t, sizeof(T)> digits;
  std::memcpy(digits.data(), bytes, sizeof(T));
  if (is_big_endian) std::reverse(digits.begin(), digits.end());
  return std::bit_cast<T>(digits);
}

template <typename T, typename Convert>
std::vector<float> converted(std::span<const uint8_t> bytes, bool is_big_endian, Convert convert) {
  std::vector<float> values(bytes.size() / sizeof(T));
  for (size_t i = 0; i < values.size(); ++i)
    values[i] = convert(element_at<T>(bytes.data() + i * sizeof(T), is_big_endian));
  return values;
}

std::vector<float> floats_of(std::span<const uint8_t> bytes, const ElementType& type) {
  const auto narrow = [](auto x) { return static_cast<float>(x); };
  const bool big = type.is_big_endian;
  const bool is_signed = type.kind == Kind::signed_integer;
  switch (type.kind) {
    case Kind::float32:
      return converted<float>(bytes, big, [](float x) { return x; });
    case Kind::float64:
      return converted<double>(bytes, big, narrow);
    case Kind::float16:
      return converted<uint16_t>(bytes, big, half_to_float);
    case Kind::opaque:
      return converted<uint16_t>(bytes, false, bfloat16_to_float);
    default:
      break;
  }
  switch (type.bytes) {
    case 1:
      return is_signed ? converted<int8_t>(bytes, big, narrow) : converted<uint8_t>(bytes, big, narrow);
    case 2:
      return is_signed ? converted<int16_t>(bytes, big, narrow) : converted<uint16_t>(bytes, big, narrow);
    case 4:
      return is_signed ? converted<int32_t>(bytes, big, narrow) : converted<uint32_t>(bytes, big, narrow);
    default:
      return is_signed ? converted<int64_t>(bytes, big, narrow) : converted<uint64_t>(bytes, big, narrow);
  }
}

class DataSet {
 public:
  DataSet(FileBytes& file, GlobalHeap& heap, const Object& object)
      : file_(file), heap_(heap), object_(object) {}

  Hdf5File::Array read() {
    type_ = read_type(object_.get(MessageType::datatype, "type").bytes);
    check_type();
    space_ = read_dataspace(object_.get(MessageType::dataspace, "shape").bytes);
    if (space_.is_null) throw Refused("has no shape");
    if (__builtin_mul_overflow(space_.elements, type_.bytes, &bytes_))
      throw Refused("declares a size beyond any file");
    Hdf5File::Array array;
    array.shape = Shape(std::vector<int64_t>(space_.dims.begin(), space_.dims.end()));
    if (object_.find(MessageType::external_files) != nullptr)
      throw Refused("keeps its data in another file; that is refused");
    if (bytes_ > 0) array.values = read_values();
    return array;
  }

 private:
  void check_type() const {
    const bool is_number = type_.kind <= Kind::unsigned_integer;
    const bool is_opaque = type_.kind == Kind::opaque && type_.bytes == 2;
    if (!is_number && !is_opaque)
      throw Refused("expected floats of 16, 32 or 64 bits or integers, found another type");
    if (!is_opaque) return;
    // h5py's "|V2": only the attribute says that two opaque bytes are a bfloat16, as Keras 3 writes it.
    if (!is_named_bfloat16()) throw Refused("holds opaque values; expected an attribute dtype = 'bfloat16'");
  }

  bool is_named_bfloat16() const {
    try {
      const auto dtype = read_strings(file_, heap_, object_, "dtype");
      return dtype && dtype->size() == 1 && dtype->front() == "bfloat16";
    } catch (const NoText&) {
      return false;
    }
  }

  [[noreturn]] void refuse_size(uint64_t stored) const {
    throw Refused("declares " + std::to_string(bytes_) + " bytes, the file stores " + std::to_string(stored) +
                  " for it; it is damaged or was never written in full");
  }

  std::vector<float> read_values() {
    enum Class : unsigned { compact = 0, contiguous = 1, chunked = 2 };
    Cursor layout(object_.get(MessageType::layout, "layout").bytes);
    const unsigned version = layout.u8(), kind = layout.u8();
    if (version != 3 && version != 4) throw Refused(kUnknownLayout);
    switch (kind) {
      case compact: {
        const uint64_t stored = layout.u16();
        if (stored < bytes_) refuse_size(stored);
        return floats_of(layout.take(bytes_), type_);
      }
      case contiguous: {
        const uint64_t address = layout.u64(), declared = layout.u64();
        const uint64_t stored = address == kUndefined ? 0 : declared;
        if (stored < bytes_ || stored > file_.size()) refuse_size(stored);
        return floats_of(file_.values(address, bytes_), type_);
      }
      case chunked:
        return read_chunks(layout, version);
      default:
        throw Refused(kUnknownLayout);
    }
  }

  std::vector<float> read_chunks(Cursor& layout, unsigned version) {
    const unsigned flags = version == 4 ? layout.u8() : 0;
    const size_t axes = layout.u8();
    const auto read_dim_bytes = [&] { return version == 4 ? size_t{layout.u8()} : size_t{4}; };
    if (axes != space_.dims.size() + 1) throw Damaged("its chunks have another number of axes");
    const uint64_t address = version == 3 ? layout.u64() : kUndefined;
    const size_t dim_bytes = read_dim_bytes();
    if (dim_bytes == 0 || dim_bytes > 8) throw Damaged("the sizes of its chunks make no sense");
    ChunkedLayout chunks{.dims = space_.dims, .chunk_dims = {}, .element_bytes = type_.bytes, .filters = {}};
    for (size_t axis = 0; axis + 1 < axes; ++axis) chunks.chunk_dims.push_back(layout.number(dim_bytes));
    if (layout.number(dim_bytes) != type_.bytes) throw Damaged("its chunks have elements of another size");
    chunks.filters = read_filters();
    const uint64_t chunk_bytes = check_chunks(chunks);
    const std::vector<Chunk> found =
        version == 3 ? list_chunks(file_, address, chunks) : single_chunk(layout, flags, chunk_bytes, chunks);
    check_stored(found, chunks);
    return floats_of(unpack_chunks(file_, found, chunks), type_);
  }

  // Version 4 has five kinds of index; only that of a data set of one chunk is read.
  static std::vector<Chunk> single_chunk(Cursor& layout, unsigned flags, uint64_t chunk_bytes,
                                         const ChunkedLayout& chunks) {
    constexpr unsigned kSingle = 1;
    if (layout.u8() != kSingle)
      throw Refused("is stored in chunks with an index of HDF5 1.10; write it with libver='earliest'");
    Chunk chunk{.stored_bytes = chunk_bytes, .first = std::vector<uint64_t>(chunks.dims.size(), 0)};
    if ((flags & 2) != 0) {
      chunk.stored_bytes = layout.u64();
      chunk.skipped = layout.u32();
    }
    chunk.address = layout.u64();
    if (chunk.address == kUndefined) return {};
    return {chunk};
  }

  // A chunk is unpacked as a whole, so it must not be far larger than the data.
  [[nodiscard]] uint64_t check_chunks(const ChunkedLayout& chunks) const {
    uint64_t size = chunks.element_bytes;
    bool is_wrong = false;
    for (const uint64_t dim : chunks.chunk_dims)
      is_wrong |= dim == 0 || __builtin_mul_overflow(size, dim, &size);
    if (is_wrong || size > std::max(kUncheckedSize, bytes_) || size > (uint64_t{1} << 31))
      throw Refused("declares chunks larger than its data");
    return size;
  }

  void check_stored(const std::vector<Chunk>& found, const ChunkedLayout& chunks) const {
    uint64_t stored = 0;
    for (const Chunk& chunk : found) stored += chunk.stored_bytes;
    const bool is_packed = !chunks.filters.empty();
    if (found.size() != count_chunks(chunks) || stored > file_.size() ||
        (is_packed ? bytes_ / kDeflateRatio > stored : bytes_ > stored) ||
        (bytes_ > kUncheckedSize && bytes_ / kMaxRatio > stored)) {
      refuse_size(stored);
    }
  }

  [[nodiscard]] std::vector<Filter> read_filters() const {
    const ObjectMessage* message = object_.find(MessageType::filters);
    if (message == nullptr) return {};
    Cursor cursor(message->bytes);
    const unsigned version = cursor.u8();
    const size_t count = cursor.u8();
    if (version != 1 && version != 2) throw Damaged("filters of version " + std::to_string(version));
    if (version == 1) cursor.skip(6);
    std::vector<Filter> filters;
    for (size_t i = 0; i < count; ++i) {
      constexpr uint16_t kDeflate = 1, kShuffle = 2, kFirstWithName = 256;
      const uint16_t id = cursor.u16();
      const size_t name_bytes = version == 1 || id >= kFirstWithName ? cursor.u16() : 0;
      cursor.skip(2);
      const size_t values = cursor.u16();
      if (id != kDeflate && id != kShuffle)
        throw Refused("is packed with HDF5 filter " + std::to_string(id) +
                      "; expected none, gzip or shuffle");
      cursor.skip(version == 1 ? (name_bytes + 7) / 8 * 8 : name_bytes);
      cursor.skip(std::min<size_t>(values * 4 + (version == 1 && values % 2 == 1 ? 4 : 0), cursor.left()));
      filters.push_back(id == kDeflate ? Filter::deflate : Filter::shuffle);
    }
    constexpr size_t kMostFilters = 2;
    if (filters.size() > kMostFilters) throw Refused("is packed with more than one gzip and one shuffle");
    return filters;
  }

  static constexpr const char* kUnknownLayout =
      "is a view of other data sets or of an unknown layout; that is refused";

  FileBytes& file_;
  GlobalHeap& heap_;
  const Object& object_;
  ElementType type_;
  Dataspace space_;
  uint64_t bytes_ = 0;
};

}  // namespace

Hdf5File::Array read_floats(FileBytes& file, GlobalHeap& heap, const Object& dataset) {
  return DataSet(file, heap, dataset).read();
}

}  // namespace tf_injector::detail::hdf5
