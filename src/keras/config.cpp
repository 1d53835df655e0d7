#include "keras/config.hpp"

#include <cctype>

#include "tf_injector/error.hpp"

namespace tf_injector::detail::keras {
namespace {

// Options of every layer that do not matter here. dtype is checked for all layers in importer.cpp.
constexpr std::string_view kCommon[] = {"name",        "trainable",     "dtype",     "batch_input_shape",
                                        "batch_shape", "input_shape",   "input_dim", "batch_size",
                                        "autocast",    "implementation"};

// The limit on sizes and strides: far above any real one, and products of two do not overflow.
constexpr int64_t kLargest = int64_t{1} << 31;

bool is_size(const Json& value) { return value.is_integer_within(-kLargest, kLargest); }

bool never_matters(std::string_view key) {
  for (std::string_view common : kCommon) {
    if (key == common) return true;
  }
  return key.ends_with("_initializer") || key.ends_with("_regularizer") || key.ends_with("_constraint");
}

}  // namespace

std::optional<bool> as_boolean(const Json& value) {
  if (value.is_boolean()) return value.get<bool>();
  if (value.is_number() && (value == 0 || value == 1)) return value == 1;
  return std::nullopt;
}

Config::Config(const Json& object, std::string where) : object_(object), where_(std::move(where)) {
  if (!object_.is_object()) throw ModelError(where_ + ": its configuration is not a JSON object");
}

void Config::fail(const std::string& key, const std::string& expected) const {
  const Json* found = object_.find(key);
  const std::string value = found == nullptr ? "nothing" : brief(*found);
  throw ModelError(where_ + ": option '" + key + "': expected " + expected + ", found " + value +
                   " (docs/layers.md)");
}

const Json* Config::find(const char* key) {
  read_.insert(key);
  return member(object_, key);
}

int64_t Config::integer(const char* key) {
  const Json* value = find(key);
  if (value == nullptr || !is_size(*value)) fail(key, "an integer");
  return value->get<int64_t>();
}

double Config::number(const char* key, double otherwise) {
  const Json* value = find(key);
  if (value == nullptr) return otherwise;
  if (!value->is_number()) fail(key, "a number");
  return value->get<double>();
}

bool Config::boolean(const char* key, bool otherwise) {
  const Json* value = find(key);
  if (value == nullptr) return otherwise;
  const std::optional<bool> flag = as_boolean(*value);
  if (!flag) fail(key, "true or false");
  return *flag;
}

std::string Config::text(const char* key, const char* otherwise) {
  const Json* value = find(key);
  if (value == nullptr) return otherwise;
  if (!value->is_string()) fail(key, "a text");
  return value->get<std::string>();
}

std::array<int64_t, 2> Config::pair(const char* key, std::array<int64_t, 2> otherwise) {
  const Json* value = find(key);
  if (value == nullptr) return otherwise;
  return as_pair(*value, key, "two integers");
}

std::array<int64_t, 2> Config::as_pair(const Json& value, const char* key, const char* expected) const {
  if (is_size(value)) return {value.get<int64_t>(), value.get<int64_t>()};
  if (!value.is_array() || value.size() != 2 || !is_size(value[0]) || !is_size(value[1])) fail(key, expected);
  return {value[0].get<int64_t>(), value[1].get<int64_t>()};
}

std::string Config::lower_text(const char* key, const char* otherwise) {
  std::string value = text(key, otherwise);
  for (char& c : value) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return value;
}

void Config::expect(const char* key, const Json& only) {
  const Json* value = find(key);
  if (value == nullptr || *value == only || (only.is_boolean() && as_boolean(*value) == only.get<bool>()))
    return;
  fail(key, brief(only));
}

void Config::ignore(std::initializer_list<const char*> keys) {
  for (const char* key : keys) read_.insert(key);
}

void Config::finish() const {
  for (size_t i = 0; i < object_.size(); ++i) {
    const std::string& key = object_.keys()[i];
    const Json& value = object_[i];
    if (value.is_null() || never_matters(key) || read_.contains(key)) continue;
    throw ModelError(where_ + ": option '" + key + "' = " + brief(value) +
                     " is not supported (docs/layers.md)");
  }
}

}  // namespace tf_injector::detail::keras
