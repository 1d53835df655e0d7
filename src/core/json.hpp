// A JSON value. Parsed and written by a library whose headers only json.cpp includes: they cost every file a
// second.
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace tf_injector::detail {

// A text that is no JSON, or a value that is not what was asked for.
class JsonError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class Json {
 public:
  enum class Kind : uint8_t { null, boolean, integer, unsigned_integer, real, string, array, object };
  struct Member;

  Json(std::nullptr_t = nullptr);  // NOLINT(google-explicit-constructor): literals read as JSON
  template <std::same_as<bool> T>
  Json(T value) : kind_(Kind::boolean) {
    number_.integer = value ? 1 : 0;
  }
  template <std::integral T>
  requires(!std::same_as<T, bool>) Json(T value)
      : kind_(std::signed_integral<T> ? Kind::integer : Kind::unsigned_integer) {
    number_.integer = static_cast<int64_t>(value);
  }
  Json(double value);
  Json(const char* text);
  Json(std::string_view text);
  Json(std::string text);
  // An object: {{"name", "conv"}, {"size", 3}}; of equal keys the last counts.
  Json(std::initializer_list<Member> members);
  static Json array(std::initializer_list<Json> items = {});
  static Json object();

  Json(const Json&);
  Json(Json&&) noexcept;
  Json& operator=(const Json&);
  Json& operator=(Json&&) noexcept;
  ~Json();

  enum class EqualKeys : uint8_t { last_counts, refused };
  // Members of objects are sorted by their keys. Throws JsonError: no JSON, anything behind it, nested more
  // than `deepest` levels, or a key that stands twice in an object where that is refused.
  [[nodiscard]] static Json parse(std::string_view text, int deepest = 200,
                                  EqualKeys equal_keys = EqualKeys::last_counts);
  // `indent` below 0: one line. What is not UTF-8 is replaced; with `ascii` everything else is escaped.
  [[nodiscard]] std::string dump(int indent = -1, bool ascii = false) const;

  [[nodiscard]] Kind kind() const { return kind_; }
  [[nodiscard]] bool is_null() const { return kind_ == Kind::null; }
  [[nodiscard]] bool is_boolean() const { return kind_ == Kind::boolean; }
  [[nodiscard]] bool is_number_integer() const {
    return kind_ == Kind::integer || kind_ == Kind::unsigned_integer;
  }
  [[nodiscard]] bool is_number_float() const { return kind_ == Kind::real; }
  [[nodiscard]] bool is_number() const { return is_number_integer() || is_number_float(); }
  [[nodiscard]] bool is_string() const { return kind_ == Kind::string; }
  [[nodiscard]] bool is_array() const { return kind_ == Kind::array; }
  [[nodiscard]] bool is_object() const { return kind_ == Kind::object; }
  // An integer between both ends, these included?
  [[nodiscard]] bool is_integer_within(int64_t least, int64_t most) const;

  // bool, int, int64_t, uint64_t, float, double, std::string. Numbers become floats where these can hold
  // them (rounded), and integers where they are whole and fit. Throws JsonError for any other value.
  template <typename T>
  [[nodiscard]] T get() const;
  template <typename T>
  void get_to(T& target) const {
    target = get<T>();
  }
  [[nodiscard]] const std::string& text() const;

  // Of arrays and objects: how many items, and these; the rest is empty.
  [[nodiscard]] size_t size() const { return items_.size(); }
  [[nodiscard]] bool empty() const { return items_.empty(); }
  [[nodiscard]] const Json* begin() const;
  [[nodiscard]] const Json* end() const;
  [[nodiscard]] Json* begin();
  [[nodiscard]] Json* end();
  template <std::integral I>
  [[nodiscard]] const Json& operator[](I index) const {
    return item(static_cast<size_t>(index));
  }
  template <std::integral I>
  [[nodiscard]] Json& operator[](I index) {
    return const_cast<Json&>(item(static_cast<size_t>(index)));
  }
  // Makes an array of null.
  void push_back(Json value);
  // Before the item of that index of an array.
  void insert(size_t index, Json value);

  // Of objects: their keys, in the order of the items.
  [[nodiscard]] const std::vector<std::string>& keys() const { return keys_; }
  // The member; null when there is none or the value is no object.
  [[nodiscard]] const Json* find(std::string_view key) const;
  // The same along a path: find({"config", "name"}).
  [[nodiscard]] const Json* find(std::initializer_list<std::string_view> path) const;
  [[nodiscard]] bool contains(std::string_view key) const { return find(key) != nullptr; }
  // Throws JsonError when there is no such member.
  [[nodiscard]] const Json& at(std::string_view key) const;
  [[nodiscard]] const Json& operator[](std::string_view key) const { return at(key); }
  // Adds a member that is not there; makes an object of null.
  [[nodiscard]] Json& operator[](std::string_view key);
  void erase(std::string_view key);
  // Of arrays and objects.
  void erase(size_t index);
  // Adds a member, which must not be there yet.
  void add(std::string key, Json value);
  // Sorts the members of an object by their keys. Of members with equal keys the last stays; such a key is
  // returned.
  std::optional<std::string> sort_members();

  // Numbers are equal whatever their form.
  friend bool operator==(const Json& a, const Json& b);

 private:
  [[nodiscard]] const Json& item(size_t index) const;
  [[nodiscard]] size_t index_of(std::string_view key) const;  // size() when there is none

  Kind kind_ = Kind::null;
  union {
    int64_t integer;  // a boolean, too; of an unsigned one the bits
    double real;
  } number_ = {};
  std::string text_;
  std::vector<std::string> keys_;  // of an object: as long as items_
  std::vector<Json> items_;
};

struct Json::Member {
  std::string key;
  Json value;
};

// An array of these values.
template <typename List>
[[nodiscard]] Json json_list(const List& values) {
  Json list = Json::array();
  for (const auto& value : values) list.push_back(value);
  return list;
}

// null where there is none.
template <typename T>
[[nodiscard]] Json json_or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

template <>
bool Json::get<bool>() const;
template <>
int Json::get<int>() const;
template <>
int64_t Json::get<int64_t>() const;
template <>
uint64_t Json::get<uint64_t>() const;
template <>
float Json::get<float>() const;
template <>
double Json::get<double>() const;
template <>
std::string Json::get<std::string>() const;

}  // namespace tf_injector::detail
