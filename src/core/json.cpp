#include "core/json.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <nlohmann/json.hpp>
#include <numeric>
#include <string_view>
#include <utility>

#include "core/printable.hpp"

namespace tf_injector::detail {
namespace {

// A parser's message ends with what was read last, which may be long.
constexpr size_t kLongestMessage = 300;

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

// Without the library's name of the error: "[json.exception.parse_error.101] ".
std::string text_of(const Parsed::exception& error) {
  std::string_view text = error.what();
  if (text.starts_with("[json.exception.")) text.remove_prefix(std::min(text.size(), text.find("] ") + 2));
  return printable(text, kLongestMessage);
}

// Takes what the parser finds, one value after another: no tree of the library's is built, which would take
// several times the memory.
class JsonBuilder : public nlohmann::json_sax<Parsed> {
 public:
  explicit JsonBuilder(int deepest) : deepest_(static_cast<size_t>(deepest)) {}

  Json take() { return std::move(root_); }
  // A key that stands in an object twice.
  [[nodiscard]] const std::optional<std::string>& repeated_key() const { return repeated_key_; }

  bool null() override { return add(nullptr); }
  bool boolean(bool value) override { return add(value); }
  bool number_integer(number_integer_t value) override { return add(value); }
  bool number_unsigned(number_unsigned_t value) override { return add(value); }
  bool number_float(number_float_t value, const string_t&) override { return add(value); }
  bool string(string_t& value) override { return add(std::move(value)); }
  bool binary(binary_t&) override { throw JsonError("a value that JSON does not have"); }
  bool key(string_t& value) override {
    keys_.push_back(std::move(value));
    return true;
  }
  bool start_object(size_t) override { return open(Json::object()); }
  bool start_array(size_t) override { return open(Json::array()); }
  bool end_object() override {
    Json object = std::move(open_.back());
    open_.pop_back();
    sort(object);
    return add(std::move(object));
  }
  bool end_array() override {
    Json array = std::move(open_.back());
    open_.pop_back();
    return add(std::move(array));
  }
  bool parse_error(size_t, const std::string&, const Parsed::exception& error) override {
    throw JsonError(text_of(error));
  }

 private:
  bool open(Json container) {
    if (open_.size() == deepest_) throw JsonError("nested too deep");
    open_.push_back(std::move(container));
    return true;
  }

  bool add(Json value) {
    if (open_.empty()) {
      root_ = std::move(value);
    } else if (open_.back().is_array()) {
      open_.back().push_back(std::move(value));
    } else {
      open_.back().add(std::move(keys_.back()), std::move(value));
      keys_.pop_back();
    }
    return true;
  }

  void sort(Json& object) {
    const std::vector<std::string>& keys = object.keys();
    const auto not_less = std::adjacent_find(keys.begin(), keys.end(), std::greater_equal<>());
    if (not_less == keys.end()) return;
    if (std::optional<std::string> repeated = object.sort_members()) repeated_key_ = std::move(repeated);
  }

  size_t deepest_;
  Json root_;
  std::vector<Json> open_;         // arrays and objects around the next value, the outermost first
  std::vector<std::string> keys_;  // of the values that are being read
  std::optional<std::string> repeated_key_;
};

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

Json Json::parse(std::string_view text, int deepest, EqualKeys equal_keys) {
  // The library takes a NUL for the end of the text, whatever is behind it.
  if (const size_t nul = text.find('\0'); nul != std::string_view::npos)
    throw JsonError("a NUL at byte " + std::to_string(nul));
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) throw JsonError("it is empty");
  JsonBuilder builder(deepest);
  try {
    Parsed::sax_parse(text, &builder);
  } catch (const Parsed::exception& error) {
    throw JsonError(text_of(error));
  }
  if (equal_keys == EqualKeys::refused && builder.repeated_key())
    throw JsonError("an object has the key " + single_quoted(*builder.repeated_key()) + " twice");
  return builder.take();
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
  const auto value = number_as<float>(*this, number_.integer, number_.real);
  if (std::isinf(value) && !std::isinf(number_as<double>(*this, number_.integer, number_.real)))
    throw JsonError("expected a number that a float32 can hold, found " + dump());
  return value;
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

std::optional<std::string> Json::sort_members() {
  std::vector<size_t> order(keys_.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return keys_[a] < keys_[b]; });
  std::optional<std::string> repeated;
  std::vector<std::string> keys;
  std::vector<Json> items;
  for (size_t i = 0; i < order.size(); ++i) {
    if (i + 1 < order.size() && keys_[order[i]] == keys_[order[i + 1]]) {
      repeated = keys_[order[i]];
      continue;
    }
    keys.push_back(std::move(keys_[order[i]]));
    items.push_back(std::move(items_[order[i]]));
  }
  keys_ = std::move(keys);
  items_ = std::move(items);
  return repeated;
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
