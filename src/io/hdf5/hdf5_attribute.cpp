#include "io/hdf5/hdf5_attribute.hpp"

#include <algorithm>

#include "io/hdf5/hdf5_fractal_heap.hpp"
#include "io/hdf5/hdf5_types.hpp"

namespace tf_injector::detail::hdf5 {
namespace {

constexpr size_t kMostStrings = 65536;
constexpr size_t kEntry = 32;  // an attribute takes more

struct Attribute {
  std::string_view name;
  std::span<const uint8_t> type, space, values;
};

Attribute read_attribute(std::span<const uint8_t> bytes) {
  Cursor cursor(bytes);
  const unsigned version = cursor.u8(), flags = cursor.u8();
  if (version < 1 || version > 3) throw Damaged("an attribute of version " + std::to_string(version));
  if (version > 1 && flags != 0) throw Damaged("an attribute of a named or shared type");
  const size_t name_bytes = cursor.u16(), type_bytes = cursor.u16(), space_bytes = cursor.u16();
  if (version == 3) cursor.skip(1);
  const auto part = [&](size_t size) {
    const std::span<const uint8_t> taken = cursor.take(size);
    if (version == 1) cursor.align(8);
    return taken;
  };
  Attribute attribute;
  const std::span<const uint8_t> name = part(name_bytes);
  attribute.name = {reinterpret_cast<const char*>(name.data()), name.size()};
  attribute.name = attribute.name.substr(0, attribute.name.find('\0'));
  attribute.type = part(type_bytes);
  attribute.space = part(space_bytes);
  attribute.values = cursor.take(cursor.left());
  return attribute;
}

std::optional<Attribute> find_attribute(FileBytes& file, const Object& object, std::string_view name) {
  std::optional<Attribute> found;
  const auto take = [&](std::span<const uint8_t> bytes) {
    file.charge_text(kEntry);
    const Attribute attribute = read_attribute(bytes);
    if (attribute.name != name) return;
    if (found) throw Damaged("two attributes have one name");
    found = attribute;
  };
  for (const ObjectMessage& message : object.messages()) {
    if (message.type == MessageType::attribute) take(message.bytes);
  }
  const ObjectMessage* info = object.find(MessageType::attribute_info);
  if (info == nullptr) return found;
  Cursor cursor(info->bytes);
  cursor.expect_version(0, "a list of attributes");
  if ((cursor.u8() & 1) != 0) cursor.skip(2);
  const uint64_t heap_address = cursor.u64(), index = cursor.u64();
  if (heap_address == kUndefined) return found;
  FractalHeap heap(file, heap_address);
  constexpr unsigned kAttributesByName = 8;
  constexpr size_t kIdBytes = 8;
  visit_records(file, index, kAttributesByName, [&](std::span<const uint8_t> record) {
    if (record.size() < kIdBytes) throw Damaged("the sizes of an index make no sense");
    take(heap.find(record.first(kIdBytes)));
  });
  return found;
}

std::string trimmed(std::string_view text, Padding padding) {
  if (padding == Padding::ends_at_nul) return std::string(text.substr(0, text.find('\0')));
  const size_t last = text.find_last_not_of(padding == Padding::spaces ? ' ' : '\0');
  return std::string(text.substr(0, last == std::string_view::npos ? 0 : last + 1));
}

}  // namespace

std::optional<std::vector<std::string>> read_strings(FileBytes& file, GlobalHeap& heap, const Object& object,
                                                     std::string_view name) {
  const std::optional<Attribute> attribute = find_attribute(file, object, name);
  if (!attribute) return std::nullopt;
  const Dataspace space = read_dataspace(attribute->space);
  if (space.is_null || space.elements == 0) return std::vector<std::string>{};
  const ElementType type = read_type(attribute->type);
  const bool is_variable = type.kind == Kind::variable_text;
  if (!is_variable && type.kind != Kind::fixed_text) throw NoText();
  const uint64_t element = is_variable ? kReferenceBytes : type.bytes;
  uint64_t total = 0;
  if (element == 0 || space.elements > kMostStrings ||
      __builtin_mul_overflow(element, space.elements, &total) || total > attribute->values.size()) {
    throw Damaged("it is not as large as it should be");
  }
  file.charge_text(total);
  std::vector<std::string> values;
  for (uint64_t i = 0; i < space.elements; ++i) {
    const std::span<const uint8_t> bytes = attribute->values.subspan(i * element, element);
    values.push_back(
        is_variable ? heap.text(bytes)
                    : trimmed({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, type.padding));
  }
  return values;
}

}  // namespace tf_injector::detail::hdf5
