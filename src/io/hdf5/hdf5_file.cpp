#include "io/hdf5/hdf5_file.hpp"

#include <cstring>
#include <map>

#include "core/printable.hpp"
#include "io/hdf5/hdf5_attribute.hpp"
#include "io/hdf5/hdf5_dataset.hpp"
#include "io/hdf5/hdf5_group.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail {
namespace hdf5 {
namespace {

constexpr std::string_view kFileSignature("\x89HDF\r\n\x1a\n", 8);

// The address of the root group's header. Throws Damaged.
uint64_t read_superblock(FileBytes& file) {
  constexpr uint64_t kLongest = 100;
  Cursor cursor(file.at(0, std::min(file.size(), kLongest)));
  cursor.expect(kFileSignature);
  const unsigned version = cursor.u8();
  if (version > 3) throw Damaged("a version of HDF5 that is not known");
  const bool is_old = version < 2;
  if (is_old) cursor.skip(4);
  const unsigned address_bytes = cursor.u8(), length_bytes = cursor.u8();
  cursor.skip(1);
  if (is_old) cursor.skip(version == 1 ? 12 : 8);
  if (address_bytes != 8 || length_bytes != 8 || cursor.u64() != 0)
    throw Damaged("an unusual layout (user block, or addresses of other than 8 bytes)");
  cursor.skip(8);
  if (cursor.u64() > file.size()) throw Damaged("its end is cut off");
  if (is_old) cursor.skip(8 + 8);
  const uint64_t root = cursor.u64();
  if (!is_old) verify_checksum(file.at(0, cursor.at() + 4));
  return root;
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

}  // namespace
}  // namespace hdf5

struct Hdf5File::Impl {
  Impl(std::vector<uint8_t> content, std::string name)
      : bytes(std::move(content)), label(std::move(name)), file(bytes), heap(file) {}
  Impl(Impl&&) = delete;

  std::vector<uint8_t> bytes;
  std::string label;
  hdf5::FileBytes file;
  hdf5::GlobalHeap heap;
  uint64_t root = 0;
  // What was read, by address. Objects and links never change.
  std::map<uint64_t, hdf5::Object> objects;
  std::map<uint64_t, hdf5::Links> groups;

  [[noreturn]] void fail(const std::string& path, const std::string& problem) const {
    throw Error(ErrorKind::bad_input, label + ": '" + printable(path, 200) + "': " + problem);
  }
  // The result of `work`, whose errors are given the names of file and object.
  template <typename Work>
  auto guarded(const std::string& path, const Work& work) const {
    try {
      return work();
    } catch (const hdf5::Damaged& damaged) {
      fail(path, std::string(damaged.what()) + "; the file is damaged");
    } catch (const hdf5::Refused& refused) {
      fail(path, refused.what());
    }
  }

  const hdf5::Object& object_at(uint64_t address) {
    const auto known = objects.find(address);
    if (known != objects.end()) return known->second;
    return objects.emplace(address, hdf5::Object(file, address)).first->second;
  }
  const hdf5::Links& links_of(uint64_t address) {
    const auto known = groups.find(address);
    if (known != groups.end()) return known->second;
    return groups.emplace(address, hdf5::read_links(file, object_at(address))).first->second;
  }
  // The address of the object at that path, reached through hard links only; kUndefined if there is none.
  uint64_t find(const std::string& path);
  const hdf5::Object& find_existing(const std::string& path);
  std::optional<std::vector<std::string>> strings(const std::string& path, const std::string& name);
};

uint64_t Hdf5File::Impl::find(const std::string& path) {
  return guarded(path, [&]() -> uint64_t {
    uint64_t address = root;
    for (const std::string& part : hdf5::components(path)) {
      if (!object_at(address).is_group()) return hdf5::kUndefined;
      const hdf5::Links& links = links_of(address);
      const auto link = links.find(part);
      if (link == links.end()) return hdf5::kUndefined;
      if (link->second == hdf5::kNoHardLink)
        fail(path, "'" + printable(part) + "' is a soft or external link; that is refused");
      address = link->second;
    }
    return address;
  });
}

const hdf5::Object& Hdf5File::Impl::find_existing(const std::string& path) {
  const uint64_t address = find(path);
  if (address == hdf5::kUndefined) fail(path, "is not in the file");
  return *guarded(path, [&] { return &object_at(address); });
}

std::optional<std::vector<std::string>> Hdf5File::Impl::strings(const std::string& path,
                                                                const std::string& name) {
  const hdf5::Object& object = find_existing(path);
  const std::string attribute = "attribute '" + printable(name) + "': ";
  try {
    return hdf5::read_strings(file, heap, object, name);
  } catch (const hdf5::NoText& error) {
    fail(path, attribute + error.what());
  } catch (const hdf5::Damaged& damaged) {
    fail(path, attribute + damaged.what() + "; the file is damaged");
  }
}

Hdf5File::Hdf5File(std::vector<uint8_t> bytes, std::string label)
    : impl_(std::make_unique<Impl>(std::move(bytes), std::move(label))) {
  try {
    impl_->root = hdf5::read_superblock(impl_->file);
    if (!impl_->object_at(impl_->root).is_group()) throw hdf5::Damaged("its root is not a group");
  } catch (const hdf5::Damaged& damaged) {
    throw Error(ErrorKind::bad_input,
                impl_->label + ": not an HDF5 file, or a damaged or truncated one: " + damaged.what());
  }
}

Hdf5File::~Hdf5File() = default;
Hdf5File::Hdf5File(Hdf5File&&) noexcept = default;
Hdf5File& Hdf5File::operator=(Hdf5File&&) noexcept = default;

bool Hdf5File::exists(const std::string& path) const { return impl_->find(path) != hdf5::kUndefined; }

bool Hdf5File::is_group(const std::string& path) const {
  const uint64_t address = impl_->find(path);
  return address != hdf5::kUndefined &&
         impl_->guarded(path, [&] { return impl_->object_at(address).is_group(); });
}

std::vector<std::string> Hdf5File::children(const std::string& group) const {
  if (!is_group(group)) return {};
  return impl_->guarded(group, [&] {
    std::vector<std::string> names;
    for (const auto& [name, address] : impl_->links_of(impl_->find(group))) names.push_back(name);
    return names;
  });
}

Hdf5File::Array Hdf5File::read_floats(const std::string& dataset) const {
  const hdf5::Object& object = impl_->find_existing(dataset);
  if (!object.is_data_set()) impl_->fail(dataset, "is not a data set");
  return impl_->guarded(dataset, [&] { return hdf5::read_floats(impl_->file, impl_->heap, object); });
}

std::optional<std::string> Hdf5File::string_attribute(const std::string& object,
                                                      const std::string& name) const {
  auto values = impl_->strings(object, name);
  if (!values) return std::nullopt;
  if (values->size() != 1) {
    impl_->fail(object, "attribute '" + printable(name) + "' has " + std::to_string(values->size()) +
                            " values; expected one string");
  }
  return std::move(values->front());
}

std::optional<std::vector<std::string>> Hdf5File::string_list_attribute(const std::string& object,
                                                                        const std::string& name) const {
  if (auto whole = impl_->strings(object, name)) return whole;
  std::optional<std::vector<std::string>> joined;
  constexpr int kMostParts = 1000;
  for (int i = 0; i < kMostParts; ++i) {
    auto part = impl_->strings(object, name + std::to_string(i));
    if (!part) return joined;
    if (!joined) joined.emplace();
    joined->insert(joined->end(), std::make_move_iterator(part->begin()),
                   std::make_move_iterator(part->end()));
  }
  impl_->fail(object,
              "attribute '" + printable(name) + "' has more than " + std::to_string(kMostParts) + " parts");
}

bool Hdf5File::is_hdf5(std::span<const uint8_t> bytes) {
  return bytes.size() >= hdf5::kFileSignature.size() &&
         std::memcmp(bytes.data(), hdf5::kFileSignature.data(), hdf5::kFileSignature.size()) == 0;
}

}  // namespace tf_injector::detail
