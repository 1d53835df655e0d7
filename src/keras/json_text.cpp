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

[[noreturn]] void refuse_at(const std::string& problem, size_t at) {
  throw ModelError(problem + " at byte " + std::to_string(at));
}

// The text with every bare NaN and Infinity replaced by a marked string. Refuses deep nesting, and more
// values than kMaxJsonValues.
std::string mark_number_words(std::string_view text) {
  std::string out;
  out.reserve(text.size() + 64);
  int depth = 0;
  size_t values = 1;  // at most: one more for each bracket and each comma
  for (size_t i = 0; i < text.size();) {
    const char c = text[i];
    if (c == '"') {
      const size_t end = end_of_string(text, i);
      if (text.substr(i + 1).starts_with(kMark)) throw ModelError("a reserved text stands in the JSON");
      out.append(text.substr(i, end - i));
      i = end;
      continue;
    }
    const bool opens = c == '[' || c == '{';
    if (opens) ++depth;
    if (c == ']' || c == '}') --depth;
    if (depth > kMaxJsonDepth)
      refuse_at("JSON nested more than " + std::to_string(kMaxJsonDepth) + " deep", i);
    values += opens || c == ',' ? 1 : 0;
    if (values > kMaxJsonValues)
      refuse_at("JSON of more than " + std::to_string(kMaxJsonValues) + " values", i);
    if (const NumberWord* number = c == 'N' || c == 'I' || c == '-' ? word_at(text, i) : nullptr) {
      out.append("\"").append(kMark).append(number->word).append("\"");
      i += number->word.size();
      continue;
    }
    out += c;
    ++i;
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
  if (bytes.size() > kMaxJsonBytes) {
    throw ModelError("JSON of " + std::to_string(bytes.size()) + " bytes; at most " +
                     std::to_string(kMaxJsonBytes) + " are read");
  }
  Json parsed;
  try {
    parsed = Json::parse(mark_number_words(bytes), kMaxJsonDepth, Json::EqualKeys::refused);
  } catch (const JsonError& error) {
    throw ModelError(std::string("not valid JSON: ") + error.what());
  }
  return unwrapped(std::move(parsed));
}

const Json* member(const Json& object, const char* key) {
  const Json* found = object.find(key);
  return found != nullptr && !found->is_null() ? found : nullptr;
}

namespace {

constexpr size_t kLongestBrief = 60;
constexpr size_t kCopied = kLongestBrief + 4;  // a UTF-8 character is not cut within what is shown

// The value without what cannot be within its first kLongestBrief characters as JSON; `left`: how many items
// may still be copied.
Json beginning_of(const Json& value, size_t& left) {
  if (value.is_string()) return value.text().substr(0, kCopied);
  if (!value.is_array() && !value.is_object()) return value;
  Json begun = value.is_array() ? Json::array() : Json::object();
  for (size_t i = 0; i < value.size() && left > 0; ++i) {
    --left;
    if (value.is_array()) begun.push_back(beginning_of(value[i], left));
    if (value.is_object()) begun.add(value.keys()[i].substr(0, kCopied), beginning_of(value[i], left));
  }
  return begun;
}

}  // namespace

std::string brief(const Json& value) {
  size_t left = kLongestBrief + 1;
  std::string text = beginning_of(value, left).dump(-1, /*ascii=*/true);
  if (text.size() > kLongestBrief) text = text.substr(0, kLongestBrief) + "...";
  return text;
}

}  // namespace tf_injector::detail::keras
