// Reads the options of a layer and refuses those that were not read, so that an unknown option is never
// ignored.
#pragma once

#include <array>
#include <optional>
#include <set>
#include <string>

#include "keras/json_text.hpp"

namespace tf_injector::detail::keras {

// The value of true, false, and the 1 and 0 that older files and converters write for them; else nothing.
[[nodiscard]] std::optional<bool> as_boolean(const Json& value);

class Config {
 public:
  // `where` is the start of messages: "layer 'conv2d' (Conv2D)".
  Config(const Json& object, std::string where);

  // The option, which is marked as read; null if it is absent or None.
  const Json* find(const char* key);
  // True if the option is given as None.
  [[nodiscard]] bool is_none(const char* key) const {
    const Json* found = object_.find(key);
    return found != nullptr && found->is_null();
  }
  // All throw ModelError if the option has another type; those without a default also if it is absent.
  int64_t integer(const char* key);
  double number(const char* key, double otherwise);
  bool boolean(const char* key, bool otherwise);
  std::string text(const char* key, const char* otherwise);
  // In lower case: Keras takes "SAME" for "same".
  std::string lower_text(const char* key, const char* otherwise);
  // [2, 3], or 2 for both.
  std::array<int64_t, 2> pair(const char* key, std::array<int64_t, 2> otherwise);
  // The same for `value`, a part of the option `key`.
  [[nodiscard]] std::array<int64_t, 2> as_pair(const Json& value, const char* key,
                                               const char* expected) const;
  // Throws ModelError if the option has any value but `only`, the one that has no effect.
  void expect(const char* key, const Json& only);
  // Marks options that do not matter for inference as read.
  void ignore(std::initializer_list<const char*> keys);
  // Throws ModelError if an option was not read and is not None. Names, training flags, initializers,
  // regularizers and constraints never matter.
  void finish() const;

  [[noreturn]] void fail(const std::string& key, const std::string& expected) const;

 private:
  const Json& object_;
  std::string where_;
  std::set<std::string, std::less<>> read_;
};

}  // namespace tf_injector::detail::keras
