#include "core/json.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

#include "core/printable.hpp"

namespace tf_injector::detail {
namespace {

// Keeps the order of members; the parser's own sorts them.
using Written = nlohmann::ordered_json;
using Parsed = nlohmann::json;

const char* kind_name(Json::Kind kind) {
  switch (kind) {
    case Json::Kind::null:
      return "null";
    case Json::Kind::boolean:
      return "a boolean";
    case Json::Kind::string:
      return "a string";
    case Json::Kind::array:
      return "an array";
    case Json::Kind::object:
      return "an object";
    default:
      return "a number";
  }
}

[[noreturn]] void refuse(const char* expected, Json::Kind found) {
  throw JsonError(std::string("expected ") + expected + ", found " + kind_name(found));
}

Json value_of(Parsed&& parsed, int deepest) {
  switch (parsed.type()) {
    case Parsed::value_t::boolean:
      return parsed.get<bool>();
    case Parsed::value_t::number_integer:
      return parsed.get<int64_t>();
    case Parsed::value_t::number_unsigned:
      return parsed.get<uint64_t>();
    case Parsed::value_t::number_float:
      return parsed.get<double>();
    case Parsed::value_t::string:
      return std::move(parsed.get_ref<std::string&>());
    case Parsed::value_t::array:
    case Parsed::value_t::object:
      break;
    default:
      return nullptr;
  }
  if (deepest == 0) throw JsonError("nested too deep");
  Json value = parsed.is_array() ? Json::array() : Json::object();
  if (parsed.is_array()) {
    for (Parsed& item : parsed) value.push_back(value_of(std::move(item), deepest - 1));
  } else {
    for (auto item = parsed.begin(); item != parsed.end(); ++item) {
      value.add(item.key(), value_of(std::move(item.value()), deepest - 1));
    }
  }
  return value;
}

Written written(const Json& value) {
  switch (value.kind()) {
    case Json::Kind::null:
      return nullptr;
    case Json::Kind::boolean:
      return value.get<bool>();
    case Json::Kind::integer:
      return value.get<int64_t>();
    case Json::Kind::unsigned_integer:
      return value.get<uint64_t>();
    case Json::Kind::real:
      return value.get<double>();
    case Json::Kind::string:
      return value.text();
    case Json::Kind::array: {
      Written list = Written::array();
      for (const Json& item : value) list.push_back(written(item));
      return list;
    }
    case Json::Kind::object:
      break;
  }
  Written object = Written::object();
  for (size_t i = 0; i < value.size(); ++i) object[value.keys()[i]] = written(value[i]);
  return object;
}

// Of a whole number that T can hold, whatever its form: 3, 3.0.
template <typename T>
T whole_number_as(const Json& value, int64_t integer, double real) {
  using Limits = std::numeric_limits<T>;
  if (value.kind() == Json::Kind::integer && std::in_range<T>(integer)) return static_cast<T>(integer);
  if (value.kind() == Json::Kind::unsigned_integer && std::in_range<T>(static_cast<uint64_t>(integer)))
    return static_cast<T>(static_cast<uint64_t>(integer));
  const double end = std::ldexp(1.0, Limits::digits),
               begin = Limits::is_signed ? -end : 0;  // NaN is in no range
  if (value.kind() == Json::Kind::real && real >= begin && real < end && std::trunc(real) == real)
    return static_cast<T>(real);
  if (!value.is_number()) refuse("a number", value.kind());
  throw JsonError("expected a whole number from " + std::to_string(Limits::min()) + " to " +
                  std::to_string(Limits::max()) + ", found " + value.dump());
}

template <typename T>
T number_as(const Json& value, int64_t integer, double real) {
  if (value.kind() == Json::Kind::integer) return static_cast<T>(integer);
  if (value.kind() == Json::Kind::unsigned_integer) return static_cast<T>(static_cast<uint64_t>(integer));
  if (value.kind() == Json::Kind::real) return static_cast<T>(real);
  refuse("a number", value.kind());
}

}  // namespace

Json::Json(std::nullptr_t) {}
Json::Json(double value) : kind_(Kind::real) { number_.real = value; }
Json::Json(const char* text) : kind_(Kind::string), text_(text) {}
Json::Json(std::string_view text) : kind_(Kind::string), text_(text) {}
Json::Json(std::string text) : kind_(Kind::string), text_(std::move(text)) {}

Json::Json(std::initializer_list<Member> members) : kind_(Kind::object) {
  for (const Member& member : members) (*this)[member.key] = member.value;
}

Json Json::array(std::initializer_list<Json> items) {
  Json list;
  list.kind_ = Kind::array;
  list.items_ = items;
  return list;
}

Json Json::object() {
  Json object;
  object.kind_ = Kind::object;
  return object;
}

Json::Json(const Json&) = default;
Json::Json(Json&&) noexcept = default;
Json& Json::operator=(const Json&) = default;
Json& Json::operator=(Json&&) noexcept = default;
Json::~Json() = default;

Json Json::parse(std::string_view text, int deepest) {
  constexpr size_t kLongestMessage = 300;  // it ends with what was read last, which may be long
  try {
    return value_of(Parsed::parse(text), deepest);
  } catch (const Parsed::exception& error) {
    throw JsonError(printable(error.what(), kLongestMessage));
  }
}

std::string Json::dump(int indent, bool ascii) const {
  return written(*this).dump(indent, ' ', ascii, Written::error_handler_t::replace);
}

bool Json::is_integer_within(int64_t least, int64_t most) const {
  if (kind_ == Kind::unsigned_integer && number_.integer < 0) return false;  // 2^63 and more
  return is_number_integer() && number_.integer >= least && number_.integer <= most;
}

template <>
bool Json::get<bool>() const {
  if (!is_boolean()) refuse("a boolean", kind_);
  return number_.integer != 0;
}
template <>
int Json::get<int>() const {
  return whole_number_as<int>(*this, number_.integer, number_.real);
}
template <>
int64_t Json::get<int64_t>() const {
  return whole_number_as<int64_t>(*this, number_.integer, number_.real);
}
template <>
uint64_t Json::get<uint64_t>() const {
  return whole_number_as<uint64_t>(*this, number_.integer, number_.real);
}
template <>
float Json::get<float>() const {
  return number_as<float>(*this, number_.integer, number_.real);
}
template <>
double Json::get<double>() const {
  return number_as<double>(*this, number_.integer, number_.real);
}
template <>
std::string Json::get<std::string>() const {
  return text();
}

const std::string& Json::text() const {
  if (!is_string()) refuse("a string", kind_);
  return text_;
}

const Json* Json::begin() const { return items_.data(); }
const Json* Json::end() const { return items_.data() + items_.size(); }
Json* Json::begin() { return items_.data(); }
Json* Json::end() { return items_.data() + items_.size(); }

const Json& Json::item(size_t index) const {
  if (index >= items_.size()) {
    throw JsonError("expected more than " + std::to_string(index) + " items, found " + kind_name(kind_) +
                    " of " + std::to_string(items_.size()));
  }
  return items_[index];
}

void Json::push_back(Json value) {
  if (is_null()) kind_ = Kind::array;
  if (!is_array()) refuse("an array", kind_);
  items_.push_back(std::move(value));
}

void Json::insert(size_t index, Json value) {
  if (!is_array()) refuse("an array", kind_);
  items_.insert(items_.begin() + static_cast<std::ptrdiff_t>(std::min(index, items_.size())),
                std::move(value));
}

size_t Json::index_of(std::string_view key) const {
  return static_cast<size_t>(std::find(keys_.begin(), keys_.end(), key) - keys_.begin());
}

const Json* Json::find(std::string_view key) const {
  const size_t index = index_of(key);
  return index < items_.size() && is_object() ? &items_[index] : nullptr;
}

const Json* Json::find(std::initializer_list<std::string_view> path) const {
  const Json* value = this;
  for (std::string_view key : path) {
    value = value->find(key);
    if (value == nullptr) return nullptr;
  }
  return value;
}

const Json& Json::at(std::string_view key) const {
  const Json* value = find(key);
  if (value != nullptr) return *value;
  throw JsonError("no member '" + std::string(key) + "' in " + kind_name(kind_));
}

Json& Json::operator[](std::string_view key) {
  if (is_null()) kind_ = Kind::object;
  if (!is_object()) refuse("an object", kind_);
  const size_t index = index_of(key);
  if (index == items_.size()) add(std::string(key), nullptr);
  return items_[index];
}

void Json::add(std::string key, Json value) {
  keys_.push_back(std::move(key));
  items_.push_back(std::move(value));
}

void Json::erase(std::string_view key) {
  const size_t index = index_of(key);
  if (is_object() && index < items_.size()) erase(index);
}

void Json::erase(size_t index) {
  (void)item(index);
  if (is_object()) keys_.erase(keys_.begin() + static_cast<std::ptrdiff_t>(index));
  items_.erase(items_.begin() + static_cast<std::ptrdiff_t>(index));
}

bool operator==(const Json& a, const Json& b) {
  if (a.is_number() && b.is_number()) {
    if (a.is_number_float() || b.is_number_float()) return a.get<double>() == b.get<double>();
    const bool differ_in_sign = a.kind_ != b.kind_ && (a.number_.integer < 0 || b.number_.integer < 0);
    return a.number_.integer == b.number_.integer && !differ_in_sign;
  }
  if (a.kind_ != b.kind_ || a.size() != b.size()) return false;
  if (a.is_boolean()) return a.number_.integer == b.number_.integer;
  if (a.is_string()) return a.text_ == b.text_;
  for (size_t i = 0; i < a.size(); ++i) {
    const Json* other = a.is_object() ? b.find(a.keys_[i]) : &b.items_[i];
    if (other == nullptr || !(a.items_[i] == *other)) return false;
  }
  return true;
}

}  // namespace tf_injector::detail
