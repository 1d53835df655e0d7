#include "io/hdf5/hdf5_attribute.hpp"

#include <algorithm>

#include "io/hdf5/hdf5_heap.hpp"

namespace tf_injector::detail::hdf5 {
namespace {

std::vector<std::string> read_fixed(const AttributeHandle& attribute, const TypeHandle& type, size_t count,
                                    uint64_t file_bytes, const std::string& where) {
  const size_t size = H5Tget_size(type.get());
  uint64_t total = 0;
  if (size == 0 || __builtin_mul_overflow(size, count, &total) || total > file_bytes) {
    throw_bad(where, "is larger than the file; the file is damaged");
  }
  std::string text(total, '\0');
  if (H5Aread(attribute.get(), type.get(), text.data()) < 0)
    throw_bad(where, "cannot be read; the file is damaged");
  const H5T_str_t padding = H5Tget_strpad(type.get());
  std::vector<std::string> values;
  for (size_t i = 0; i < count; ++i) {
    std::string value = text.substr(i * size, size);
    size_t length = value.size();
    if (padding == H5T_STR_NULLTERM) {
      length = std::min(length, value.find('\0'));
    } else {
      const size_t last = value.find_last_not_of(padding == H5T_STR_SPACEPAD ? ' ' : '\0');
      length = last == std::string::npos ? 0 : last + 1;
    }
    value.resize(length);
    values.push_back(std::move(value));
  }
  return values;
}

}  // namespace

std::optional<std::vector<std::string>> read_strings(const ObjectHandle& object, const std::string& name,
                                                     const std::string& object_where,
                                                     std::span<const uint8_t> file) {
  const std::string where = object_where + ": attribute '" + name + "'";
  const htri_t there = H5Aexists(object.get(), name.c_str());
  if (there < 0) throw_bad(where, "cannot be looked up; the file is damaged");
  if (there == 0) return std::nullopt;
  const AttributeHandle attribute(H5Aopen(object.get(), name.c_str(), H5P_DEFAULT));
  const TypeHandle type(attribute.valid() ? H5Aget_type(attribute.get()) : -1);
  const SpaceHandle space(attribute.valid() ? H5Aget_space(attribute.get()) : -1);
  const hssize_t count = space.valid() ? H5Sget_simple_extent_npoints(space.get()) : -1;
  if (!type.valid() || count < 0) throw_bad(where, "cannot be opened; the file is damaged");
  if (count == 0) return std::vector<std::string>{};
  if (H5Tget_class(type.get()) != H5T_STRING) throw_bad(where, "is not text");
  if (static_cast<uint64_t>(count) > file.size())
    throw_bad(where, "is larger than the file; the file is damaged");
  const auto n = static_cast<size_t>(count);
  if (H5Tis_variable_str(type.get()) > 0) return read_heap_strings(attribute, n, file, where);
  return read_fixed(attribute, type, n, file.size(), where);
}

}  // namespace tf_injector::detail::hdf5
