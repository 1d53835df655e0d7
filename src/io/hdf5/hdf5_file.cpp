#include "io/hdf5/hdf5_file.hpp"

#include <atomic>
#include <cstring>

#include "core/printable.hpp"
#include "io/hdf5/hdf5_attribute.hpp"
#include "io/hdf5/hdf5_dataset.hpp"
#include "io/hdf5/hdf5_handles.hpp"
#include "io/hdf5/hdf5_structure.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail {
namespace hdf5 {

std::mutex& LibraryLock::mutex() {
  static std::mutex instance;
  return instance;
}

LibraryLock::LibraryLock() : lock_(mutex()) {
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);  // per thread in some builds, so each time
  H5PLset_loading_state(0);                     // a file never makes the process load a library
}

void throw_bad(const std::string& label, const std::string& problem) {
  throw Error(ErrorKind::bad_input, label + ": " + problem);
}

namespace {

constexpr char kSignature[] = "\x89HDF\r\n\x1a\n";
constexpr size_t kSignatureBytes = 8;

// Lends the bytes to libhdf5's in-memory driver, which would otherwise copy them twice.
void* lend_memory(size_t, H5FD_file_image_op_t, void* bytes) { return bytes; }
void* copy_memory(void* to, const void* from, size_t size, H5FD_file_image_op_t, void*) {
  return to == from ? to : std::memcpy(to, from, size);
}
void* refuse_to_grow(void*, size_t, H5FD_file_image_op_t, void*) { return nullptr; }
herr_t keep_memory(void*, H5FD_file_image_op_t, void*) { return 0; }
void* share_bytes(void* bytes) { return bytes; }
herr_t keep_bytes(void*) { return 0; }

// `bytes` must outlive the file.
FileHandle open_image(std::vector<uint8_t>& bytes) {
  const PropertyHandle access(H5Pcreate(H5P_FILE_ACCESS));
  H5FD_file_image_callbacks_t lend{lend_memory, copy_memory, refuse_to_grow, keep_memory,
                                   share_bytes, keep_bytes,  bytes.data()};
  if (H5Pset_fapl_core(access.get(), size_t{64} << 10, /*backing_store=*/false) < 0 ||
      H5Pset_file_image_callbacks(access.get(), &lend) < 0 ||
      H5Pset_file_image(access.get(), bytes.data(), bytes.size()) < 0) {
    throw Error(ErrorKind::internal, "libhdf5 takes no file from memory");
  }
  // The name must be unique, because libhdf5 takes two files of one name for the same file. No such file may
  // exist either, because libhdf5 tries to open it: no path below something that is not a folder exists.
  static std::atomic<unsigned> counter{0};
  const std::string name = "/dev/null/tf_injector-image-" + std::to_string(counter.fetch_add(1));
  return FileHandle(H5Fopen(name.c_str(), H5F_ACC_RDONLY, access.get()));
}

std::vector<std::string> components(const std::string& path) {
  std::vector<std::string> parts;
  for (size_t at = 0; at <= path.size();) {
    const size_t end = std::min(path.find('/', at), path.size());
    if (end > at) parts.push_back(path.substr(at, end - at));
    at = end + 1;
  }
  return parts;
}

struct NameList {
  std::vector<std::string> names;
  size_t most;
};

// A negative result ends the listing as a failure. A damaged list of members may be a cycle.
herr_t collect_name(hid_t, const char* name, const H5L_info_t*, void* list) noexcept {
  try {
    auto& [names, most] = *static_cast<NameList*>(list);
    names.emplace_back(name);
    return names.size() <= most ? 0 : -1;
  } catch (...) {
    return -1;  // out of memory: no exception may pass through C code
  }
}

}  // namespace
}  // namespace hdf5

using hdf5::LibraryLock;
using hdf5::ObjectHandle;

struct Hdf5File::Impl {
  std::vector<uint8_t> bytes;
  std::string label;
  hdf5::FileHandle file;

  ~Impl() {
    const LibraryLock lock;
    file = {};
  }
  // The object at that path, reached through hard links only; not valid() if there is none.
  [[nodiscard]] ObjectHandle open(const std::string& path) const;
  [[nodiscard]] ObjectHandle open_existing(const std::string& path) const;
  [[nodiscard]] std::string where(const std::string& path) const {
    return label + ": '" + printable(path, 200) + "'";
  }
};

ObjectHandle Hdf5File::Impl::open(const std::string& path) const {
  ObjectHandle object(H5Oopen(file.get(), "/", H5P_DEFAULT));
  for (const std::string& part : hdf5::components(path)) {
    if (!object.valid() || H5Iget_type(object.get()) != H5I_GROUP) return {};
    const htri_t there = H5Lexists(object.get(), part.c_str(), H5P_DEFAULT);
    if (there < 0) hdf5::throw_bad(where(path), "cannot be looked up; the file is damaged");
    if (there == 0) return {};
    H5L_info_t link{};
    if (H5Lget_info(object.get(), part.c_str(), &link, H5P_DEFAULT) < 0 || link.type != H5L_TYPE_HARD) {
      hdf5::throw_bad(where(path), "'" + printable(part) + "' is a soft or external link; that is refused");
    }
    object = ObjectHandle(H5Oopen(object.get(), part.c_str(), H5P_DEFAULT));
    if (!object.valid())
      hdf5::throw_bad(where(path), "'" + printable(part) + "' cannot be opened; the file is damaged");
  }
  return object;
}

ObjectHandle Hdf5File::Impl::open_existing(const std::string& path) const {
  ObjectHandle object = open(path);
  if (!object.valid()) hdf5::throw_bad(where(path), "is not in the file");
  return object;
}

Hdf5File::Hdf5File(std::vector<uint8_t> bytes, std::string label) : impl_(std::make_unique<Impl>()) {
  impl_->bytes = std::move(bytes);
  impl_->label = std::move(label);
  if (is_hdf5(impl_->bytes)) hdf5::check_structure(impl_->bytes, impl_->label);
  const LibraryLock lock;
  if (is_hdf5(impl_->bytes)) impl_->file = hdf5::open_image(impl_->bytes);
  if (!impl_->file.valid()) hdf5::throw_bad(impl_->label, "not an HDF5 file, or a damaged or truncated one");
}

Hdf5File::~Hdf5File() = default;
Hdf5File::Hdf5File(Hdf5File&&) noexcept = default;
Hdf5File& Hdf5File::operator=(Hdf5File&&) noexcept = default;

bool Hdf5File::exists(const std::string& path) const {
  const LibraryLock lock;
  return impl_->open(path).valid();
}

bool Hdf5File::is_group(const std::string& path) const {
  const LibraryLock lock;
  const ObjectHandle object = impl_->open(path);
  return object.valid() && H5Iget_type(object.get()) == H5I_GROUP;
}

std::vector<std::string> Hdf5File::children(const std::string& group) const {
  const LibraryLock lock;
  const ObjectHandle object = impl_->open(group);
  constexpr size_t kLinkBytes = 8;  // every link is longer
  hdf5::NameList list{.names = {}, .most = impl_->bytes.size() / kLinkBytes};
  if (!object.valid() || H5Iget_type(object.get()) != H5I_GROUP) return {};
  if (H5Literate(object.get(), H5_INDEX_NAME, H5_ITER_INC, nullptr, hdf5::collect_name, &list) < 0) {
    hdf5::throw_bad(impl_->where(group), "its members cannot be listed; the file is damaged");
  }
  return list.names;
}

Hdf5File::Array Hdf5File::read_floats(const std::string& dataset) const {
  const LibraryLock lock;
  const ObjectHandle object = impl_->open_existing(dataset);
  if (H5Iget_type(object.get()) != H5I_DATASET) hdf5::throw_bad(impl_->where(dataset), "is not a data set");
  return hdf5::read_floats(object, impl_->where(dataset), impl_->bytes);
}

std::optional<std::string> Hdf5File::string_attribute(const std::string& object,
                                                      const std::string& name) const {
  const LibraryLock lock;
  const ObjectHandle opened = impl_->open_existing(object);
  auto values = hdf5::read_strings(opened, name, impl_->where(object), impl_->bytes);
  if (!values) return std::nullopt;
  if (values->size() != 1) {
    hdf5::throw_bad(impl_->where(object), "attribute '" + name + "' has " + std::to_string(values->size()) +
                                              " values; expected one string");
  }
  return std::move(values->front());
}

std::optional<std::vector<std::string>> Hdf5File::string_list_attribute(const std::string& object,
                                                                        const std::string& name) const {
  const LibraryLock lock;
  const ObjectHandle opened = impl_->open_existing(object);
  const auto read = [&](const std::string& part) {
    return hdf5::read_strings(opened, part, impl_->where(object), impl_->bytes);
  };
  if (auto whole = read(name)) return whole;
  std::optional<std::vector<std::string>> joined;
  for (int i = 0;; ++i) {
    auto part = read(name + std::to_string(i));
    if (!part) return joined;
    if (!joined) joined.emplace();
    joined->insert(joined->end(), std::make_move_iterator(part->begin()),
                   std::make_move_iterator(part->end()));
  }
}

bool Hdf5File::is_hdf5(std::span<const uint8_t> bytes) {
  return bytes.size() >= hdf5::kSignatureBytes &&
         std::memcmp(bytes.data(), hdf5::kSignature, hdf5::kSignatureBytes) == 0;
}

}  // namespace tf_injector::detail
