#include "keras/json_text.hpp"

#include <cmath>
#include <limits>
#include <string>

#include "tf_injector/error.hpp"

namespace tf_injector::detail::keras {
namespace {

// A bare NaN or Infinity is replaced by a string with this prefix until the text is parsed.
constexpr std::string_view kMark = "tf_injector number: ";

struct NumberWord {
  std::string_view word;
  double value;
};
constexpr double kInfinity = std::numeric_limits<double>::infinity();
const NumberWord kNumberWords[] = {{"NaN", std::nan("")}, {"Infinity", kInfinity}, {"-Infinity", -kInfinity}};

const NumberWord* word_at(std::string_view text, size_t at) {
  for (const NumberWord& number : kNumberWords) {
    if (text.substr(at).starts_with(number.word)) return &number;
  }
  return nullptr;
}

// The index after the string whose opening quote is at `at`.
size_t end_of_string(std::string_view text, size_t at) {
  for (size_t i = at + 1; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      return i + 1;
    }
  }
  return text.size();
}

// The text with every bare NaN and Infinity replaced by a marked string. Refuses deep nesting.
std::string mark_number_words(std::string_view text) {
  std::string out;
  out.reserve(text.size() + 64);
  int depth = 0;
  for (size_t i = 0; i < text.size();) {
    if (text[i] == '"') {
      const size_t end = end_of_string(text, i);
      if (text.substr(i + 1).starts_with(kMark)) throw ModelError("a reserved text stands in the JSON");
      out.append(text.substr(i, end - i));
      i = end;
      continue;
    }
    if (text[i] == '[' || text[i] == '{') ++depth;
    if (text[i] == ']' || text[i] == '}') --depth;
    if (depth > kMaxJsonDepth) {
      throw ModelError("JSON nested more than " + std::to_string(kMaxJsonDepth) + " deep at byte " +
                       std::to_string(i));
    }
    if (const NumberWord* number = word_at(text, i)) {
      out.append("\"").append(kMark).append(number->word).append("\"");
      i += number->word.size();
      continue;
    }
    out += text[i++];
  }
  return out;
}

Json unwrapped(Json value);

// Unwraps what Keras tags because JSON has no form for it. kMaxJsonDepth bounds the recursion.
Json unwrap_object(Json object) {
  const Json* name = object.find("class_name");
  const Json* config = object.find("config");
  if (name != nullptr && config != nullptr && name->is_string()) {
    const std::string& tag = name->text();
    const Json* value = config->find("value");
    if ((tag == "__tensor__" || tag == "__numpy__") && value != nullptr) return unwrapped(*value);
    if (tag == "__tuple__" && value != nullptr) return unwrapped(*value);
    if (tag == "__tuple__" && config->is_array()) return unwrapped(*config);
  }
  for (Json& item : object) item = unwrapped(std::move(item));
  return object;
}

Json unwrapped(Json value) {
  if (value.is_object()) return unwrap_object(std::move(value));
  if (value.is_array()) {
    for (Json& item : value) item = unwrapped(std::move(item));
    return value;
  }
  if (!value.is_string()) return value;
  const auto& text = value.text();
  if (!text.starts_with(kMark)) return value;
  const NumberWord* number = word_at(text, kMark.size());
  return number != nullptr ? Json(number->value) : value;
}

}  // namespace

Json parse_json(std::span<const uint8_t> text) {
  const std::string_view bytes(reinterpret_cast<const char*>(text.data()), text.size());
  Json parsed;
  try {
    parsed = Json::parse(mark_number_words(bytes), kMaxJsonDepth);
  } catch (const JsonError& error) {
    throw ModelError(std::string("not valid JSON: ") + error.what());
  }
  return unwrapped(std::move(parsed));
}

const Json* member(const Json& object, const char* key) {
  const Json* found = object.find(key);
  return found != nullptr && !found->is_null() ? found : nullptr;
}

std::string brief(const Json& value) {
  constexpr size_t kLongest = 60;
  std::string text = value.dump(-1, /*ascii=*/true);
  if (text.size() > kLongest) text = text.substr(0, kLongest) + "...";
  return text;
}

}  // namespace tf_injector::detail::keras
