#include "io/hdf5/hdf5_heap.hpp"

#include <algorithm>
#include <cstring>
#include <string_view>

#include "tf_injector/error.hpp"

namespace tf_injector::detail::hdf5 {
namespace {

// A reference as stored in the file (HDF5 File Format Specification 2.0, "Variable-length"): length of the
// text in bytes, address of a heap collection, index of the object in it. Files whose addresses or lengths do
// not have 8 bytes are refused.
constexpr size_t kReferenceBytes = 16;
constexpr size_t kMostStrings = 65536;  // bounds the time, as each is searched among all objects

// A conversion that leaves the reference as it is in the file.
herr_t keep_reference(hid_t, hid_t, H5T_cdata_t* data, size_t, size_t, size_t, void*, void*, hid_t) noexcept {
  data->need_bkg = H5T_BKG_NO;
  return 0;
}

// An opaque type of the size of a reference, into which the library converts variable-length text by
// `keep_reference`.
const TypeHandle& reference_type(const TypeHandle& text) {
  static const TypeHandle type = [&] {
    TypeHandle opaque(H5Tcreate(H5T_OPAQUE, kReferenceBytes));
    if (!opaque.valid() ||
        H5Tregister(H5T_PERS_SOFT, "tf_injector_reference", text.get(), opaque.get(), keep_reference) < 0) {
      throw Error(ErrorKind::internal, "libhdf5 takes no conversion");
    }
    return opaque;
  }();
  return type;
}

class Heap {
 public:
  Heap(std::span<const uint8_t> file, const std::string& where) : file_(file), where_(where) {}

  std::string text(std::span<const uint8_t> reference) const {
    const uint64_t length = number(reference, 0, 4);
    if (length == 0) return {};
    const std::span<const uint8_t> object = find(number(reference, 4, 8), number(reference, 12, 4));
    if (object.size() < length) fail();
    const std::string_view whole(reinterpret_cast<const char*>(object.data()), length);
    return std::string(
        whole.substr(0, whole.find('\0')));  // up to the first NUL, where h5py ends every string
  }

 private:
  [[noreturn]] void fail() const {
    throw_bad(where_, "its text is not where it should be; the file is damaged");
  }

  uint64_t number(std::span<const uint8_t> bytes, size_t at, size_t size) const {
    if (at > bytes.size() || size > bytes.size() - at) fail();
    uint64_t value = 0;
    for (size_t i = size; i-- > 0;) value = value << 8 | bytes[at + i];
    return value;
  }

  // Object `index` of the collection at `address`: "GCOL", version, 3 bytes, size of the whole; then per
  // object its index, a reference count, 4 bytes, its size, and its bytes, filled up to a multiple of 8.
  // Index 0 is free space.
  std::span<const uint8_t> find(uint64_t address, uint64_t index) const {
    constexpr size_t kHeader = 16;
    if (address > file_.size() || file_.size() - address < kHeader) fail();
    std::span<const uint8_t> rest = file_.subspan(address);
    const uint64_t size = number(rest, 8, 8);
    if (std::memcmp(rest.data(), "GCOL\1", 5) != 0 || size < kHeader || size > rest.size()) fail();
    rest = rest.subspan(kHeader, size - kHeader);
    while (rest.size() >= kHeader) {
      const uint64_t found = number(rest, 0, 2), bytes = number(rest, 8, 8);
      rest = rest.subspan(kHeader);
      if (found == 0 || bytes > rest.size()) fail();
      if (found == index) return rest.first(bytes);
      rest = rest.subspan(std::min<uint64_t>((bytes + 7) / 8 * 8, rest.size()));
    }
    fail();
  }

  std::span<const uint8_t> file_;
  const std::string& where_;
};

// Checks that addresses count from the start of the file and have 8 bytes.
bool has_plain_addresses(const AttributeHandle& attribute) {
  const FileHandle file(H5Iget_file_id(attribute.get()));
  const PropertyHandle creation(file.valid() ? H5Fget_create_plist(file.get()) : -1);
  size_t address = 0, length = 0;
  hsize_t before = 0;
  return creation.valid() && H5Pget_sizes(creation.get(), &address, &length) >= 0 &&
         H5Pget_userblock(creation.get(), &before) >= 0 && address == 8 && length == 8 && before == 0;
}

}  // namespace

std::vector<std::string> read_heap_strings(const AttributeHandle& attribute, size_t count,
                                           std::span<const uint8_t> file, const std::string& where) {
  const TypeHandle type(H5Aget_type(attribute.get()));
  if (!has_plain_addresses(attribute))
    throw_bad(where, "the file has an unusual layout (user block, or addresses of other than 8 bytes)");
  if (count > std::min(kMostStrings, file.size() / kReferenceBytes) ||
      H5Aget_storage_size(attribute.get()) != count * kReferenceBytes)
    throw_bad(where, "is not as large as it should be; the file is damaged");
  std::vector<uint8_t> references(count * kReferenceBytes);
  if (H5Aread(attribute.get(), reference_type(type).get(), references.data()) < 0)
    throw_bad(where, "cannot be read; the file is damaged");
  const Heap heap(file, where);
  std::vector<std::string> values;
  uint64_t total = 0;  // bounds the memory, as many references may name one object
  for (size_t i = 0; i < count; ++i) {
    values.push_back(heap.text(std::span(references).subspan(i * kReferenceBytes, kReferenceBytes)));
    total += values.back().size();
    if (total > file.size()) throw_bad(where, "is larger than the file; the file is damaged");
  }
  return values;
}

}  // namespace tf_injector::detail::hdf5
