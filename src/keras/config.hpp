// Reads a layer's options and refuses those that nobody read: an option that is not understood is never
// ignored.
#pragma once

#include <array>
#include <optional>
#include <set>
#include <string>

#include "keras/json_text.hpp"

namespace tf_injector::keras {

// True and false, and the 1 and 0 that older files and converters write for them; else nothing.
[[nodiscard]] std::optional<bool> as_boolean(const Json& value);

class Config {
 public:
  // `where` begins messages: "layer 'conv2d' (Conv2D)".
  Config(const Json& object, std::string where);

  // The option, marked as read; null when it is absent or None.
  const Json* find(const char* key);
  // Is the option there, and None?
  [[nodiscard]] bool is_none(const char* key) const {
    const Json* found = object_.find(key);
    return found != nullptr && found->is_null();
  }
  // All throw ModelError when the option is of another type; the ones without default also when it is absent.
  int64_t integer(const char* key);
  double number(const char* key, double otherwise);
  bool boolean(const char* key, bool otherwise);
  std::string text(const char* key, const char* otherwise);
  // In lower case: Keras takes "SAME" for "same".
  std::string lower_text(const char* key, const char* otherwise);
  // [2, 3], or 2 for both.
  std::array<int64_t, 2> pair(const char* key, std::array<int64_t, 2> otherwise);
  // The same of a part of the option `key`.
  [[nodiscard]] std::array<int64_t, 2> as_pair(const Json& value, const char* key,
                                               const char* expected) const;
  // Refuses every other value: options whose one understood value changes nothing.
  void expect(const char* key, const Json& only);
  // Options that do not matter for inference.
  void ignore(std::initializer_list<const char*> keys);
  // Throws ModelError when an option is left that was not read and is not None. Names, flags of training,
  // initializers, regularizers and constraints never matter.
  void finish() const;

  [[noreturn]] void fail(const std::string& key, const std::string& expected) const;

 private:
  const Json& object_;
  std::string where_;
  std::set<std::string, std::less<>> read_;
};

}  // namespace tf_injector::keras
