// Changes JSON as JSON: values are replaced, moved, doubled and dropped, so that what reads the values is
// reached, not only the parser.
#pragma once

#include <algorithm>
#include <cstring>
#include <functional>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "core/json.hpp"
#include "fuzz_target.hpp"

// libFuzzer's own mutation of bytes.
extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t max_size);
extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size, unsigned seed);

namespace tf_injector::detail::fuzz {

class JsonMutator {
 public:
  explicit JsonMutator(unsigned seed) : random_(seed) {}

  // `text` with one to four values changed; as it is, if it is no JSON.
  std::string mutate(std::string_view text) {
    Json json;
    try {
      json = Json::parse(text);
    } catch (const JsonError&) {
      return std::string(text);
    }
    for (size_t left = 1 + number(4); left > 0; --left) {
      std::vector<Json*> values;
      collect(json, values);
      change(*values[number(values.size())], *values[number(values.size())]);
    }
    return json.dump();
  }

 private:
  size_t number(size_t end) { return std::uniform_int_distribution<size_t>(0, end - 1)(random_); }

  static void collect(Json& value, std::vector<Json*>& values) {
    values.push_back(&value);
    for (Json& item : value) collect(item, values);
  }

  void change(Json& value, const Json& other) {
    const bool has_items = value.size() > 0;
    const Json copy = other;  // `other` may be in `value`
    switch (number(has_items ? 8 : 4)) {
      case 0:
        value = copy;
        break;
      case 1:
        value = odd_value();
        break;
      case 2:
        value = value.is_string() ? Json(changed_text(value.text())) : odd_value();
        break;
      case 3:
        value =
            value.is_integer_within(INT64_MIN, INT64_MAX) ? Json(nearby(value.get<int64_t>())) : odd_value();
        break;
      case 4:
      case 5:
        value.erase(number(value.size()));
        break;
      case 6:
        if (value.is_array()) value.insert(number(value.size()), copy);
        break;
      default:
        if (value.is_array()) std::swap(value[number(value.size())], value[number(value.size())]);
        if (value.is_object()) rename(value);
    }
  }

  void rename(Json& object) {
    const size_t at = number(object.size());
    const std::string key = changed_text(object.keys()[at]);
    if (object.contains(key)) return;
    Json value = *std::next(object.begin(), static_cast<ptrdiff_t>(at));
    object.erase(at);
    object.add(key, std::move(value));
  }

  int64_t nearby(int64_t value) {
    constexpr int64_t kSteps[] = {-1, 1, 2, -2};
    return static_cast<int64_t>(static_cast<uint64_t>(value) + static_cast<uint64_t>(kSteps[number(4)]));
  }

  Json odd_value() {
    switch (number(16)) {
      case 0:
        return nullptr;
      case 1:
        return true;
      case 2:
        return false;
      case 3:
        return 0;
      case 4:
        return -1;
      case 5:
        return int64_t{1} << number(63);
      case 6:
        return -(int64_t{1} << number(63));
      case 7:
        return std::numeric_limits<uint64_t>::max();
      case 8:
        return 0.5;
      case 9:
        return 1e300;
      case 10:
        return "";
      case 11:
        return Json::array();
      case 12:
        return Json::object();
      case 13:
        return Json::array({1, 2, 3, 4});
      case 14:
        return static_cast<int64_t>(number(9));
      default:
        return Json::array({nullptr, 8, 8, 3});
    }
  }

  std::string changed_text(std::string text) {
    switch (number(4)) {
      case 0:
        return text + "_1";
      case 1:
        return text.substr(0, number(text.size() + 1));
      case 2:
        return text.empty() ? "a/b" : text + "/" + text;
      default:
        break;
    }
    if (!text.empty()) text[number(text.size())] = static_cast<char>(number(256));
    return text;
  }

  std::mt19937 random_;
};

// The mutator of a target whose input is JSON behind `prefix` other bytes.
inline size_t mutate_json(uint8_t* data, size_t size, size_t max_size, unsigned seed, size_t prefix) {
  constexpr unsigned kBytesInstead = 5;  // one mutation of so many is that of bytes
  if (size <= prefix || seed % kBytesInstead == 0) return LLVMFuzzerMutate(data, size, max_size);
  const std::string changed = JsonMutator(seed).mutate(as_text(data + prefix, size - prefix));
  if (changed.size() + prefix > max_size) return LLVMFuzzerMutate(data, size, max_size);
  std::memcpy(data + prefix, changed.data(), changed.size());
  return prefix + changed.size();
}

// The mutator of a target whose input is made of parts with a NUL between them, behind `prefix` other bytes:
// mostly a part that is JSON is changed as JSON, of those the first one most often.
inline size_t mutate_json_parts(uint8_t* data, size_t size, size_t max_size, unsigned seed, size_t prefix) {
  std::minstd_rand random(seed);
  const auto as_bytes_instead = [&] { return LLVMFuzzerMutate(data, size, max_size); };
  if (size <= prefix || random() % 2 == 0) return as_bytes_instead();
  const std::string_view text = as_text(data, size);
  for (size_t begin = prefix; begin < size;) {
    const size_t end = std::min(text.find('\0', begin), size);
    const size_t brace = std::min(text.find('{', begin), end);
    if (brace < end && brace - begin <= 1 && random() % 3 != 0) {
      const std::string changed =
          JsonMutator(static_cast<unsigned>(random())).mutate(text.substr(brace, end - brace));
      const std::string rest(text.substr(end));
      if (brace + changed.size() + rest.size() > max_size) return as_bytes_instead();
      std::memcpy(data + brace, changed.data(), changed.size());
      std::memcpy(data + brace + changed.size(), rest.data(), rest.size());
      return brace + changed.size() + rest.size();
    }
    begin = end + 1;
  }
  return as_bytes_instead();
}

}  // namespace tf_injector::detail::fuzz
