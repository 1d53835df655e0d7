#include "answers/protect/protection.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <numeric>
#include <string_view>

#include "core/bit_list.hpp"
#include "core/nearest_name.hpp"
#include "core/printable.hpp"
#include "tf_injector/bit_groups.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail {
namespace {

constexpr double kCopies = 2;  // that TMR adds to a bit

constexpr std::string_view kTmr = "tmr=", kTmrBits = "tmr-bits=";

// A word without a list of its own.
struct PlainProtection {
  std::string_view word, label;
  double check_bits;        // of each weight, or of each word
  int word_bits;            // 0: of each weight
  bool corrects;            // every flip of one bit; else it changes the weight
  std::string_view needs;   // besides
  bool takes_mode = false;  // ":as-is", ":zero", ":golden": what is done with two flips of a word
  bool takes_file = false;  // "=FILE"
};

// Check bits: of a Hamming code with a parity bit over 32 and 64 bits (Hamming 1950; Hsiao 1970).
constexpr PlainProtection kPlain[] = {
    {"secded64", "SEC-DED over 64 bits", 8, 64, true, "", true},
    {"secded32", "SEC-DED over 32 bits", 7, 32, true, "", true},
    {"parity-reload", "parity and reload", 1, 0, true, "a copy to reload from"},
    {"parity-zero", "parity and zero", 1, 0, false, ""},
    {"clamp", "clamp to the layer's range", 0, 0, false, ""},
    {"ranger", "range restriction (Ranger)", 0, 0, false, "", false, true}};

std::vector<std::string> split_at(std::string_view text, char separator) {
  std::vector<std::string> parts;
  for (;;) {
    const size_t at = text.find(separator);
    parts.emplace_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

[[noreturn]] void refuse_word(const std::string& word, const std::string& what) {
  throw Error(ErrorKind::usage, fmt::format("`protect`: '{}': {}", printable(word), what));
}

const PlainProtection& plain_protection(const std::string& word) {
  const size_t end = word.find_first_of(":=");
  const std::string name = word.substr(0, end);
  for (const PlainProtection& plain : kPlain) {
    if (name != plain.word) continue;
    if (end == std::string::npos) return plain;
    const std::string rest = word.substr(end);
    const bool is_mode = rest == ":as-is" || rest == ":zero" || rest == ":golden";
    if (plain.takes_mode && is_mode) return plain;
    if (plain.takes_file && rest[0] == '=' && rest.size() > 1) return plain;
    refuse_word(word, fmt::format("expected {}{}, found '{}' behind it", name,
                                  plain.takes_mode   ? " with :as-is, :zero or :golden"
                                  : plain.takes_file ? " with =FILE"
                                                     : " alone",
                                  printable(rest)));
  }
  std::vector<std::string> words = {std::string(kTmr) + "LAYER", std::string(kTmrBits) + "30,31"};
  for (const PlainProtection& plain : kPlain) words.emplace_back(plain.word);
  const std::string nearest = nearest_name(name, words);
  refuse_word(word, fmt::format("no protection; there are {}{}", fmt::join(words, ", "),
                                nearest.empty() ? "" : fmt::format(" (did you mean '{}'?)", nearest)));
}

std::vector<int> bits_of(const std::string& word) {
  const auto bits = parse_bit_list(std::string_view(word).substr(kTmrBits.size()));
  if (!bits) refuse_word(word, "expected bits from 0 to 31 as 0-31 or 30,31");
  return *bits;
}

std::vector<std::string> layers_of(const std::string& word) {
  std::vector<std::string> layers = split_at(std::string_view(word).substr(kTmr.size()), ',');
  if (std::find(layers.begin(), layers.end(), "") != layers.end())
    refuse_word(word, "expected names as A,B,C");
  return layers;
}

std::string word_label(const std::string& word, StorageFormat storage) {
  if (word.starts_with(kTmrBits)) return "TMR of " + chosen_bits_label(bits_of(word), storage);
  if (word.starts_with(kTmr)) return fmt::format("TMR of {}", fmt::join(layers_of(word), ", "));
  return std::string(plain_protection(word).label);
}

}  // namespace

Protection::Protection(const SampleDesign& design)
    : design_(design),
      is_there_(design.layers.size()),
      is_tripled_(design.layers.size(),
                  std::vector<bool>(static_cast<size_t>(storage_bits(design.storage)))) {
  for (const DesignCell& cell : design.cells) is_there_[cell.layer] = true;
}

void Protection::add(const std::string& words) {
  for (const std::string& word : split_at(words, '+')) add_word(word);
}

void Protection::add_word(const std::string& word) {
  if (word.starts_with(kTmrBits)) return triple({.bits = bits_of(word)}, word);
  if (word.starts_with(kTmr)) return triple({.layers = layers_of(word)}, word);
  const PlainProtection& plain = plain_protection(word);
  corrects_all_ = corrects_all_ || plain.corrects;
  check_bits_ += plain.word_bits == 0 ? plain.check_bits
                                      : plain.check_bits * storage_bits(design_.storage) / plain.word_bits;
  if (!plain.corrects) changing_.push_back(word);
  if (!plain.needs.empty()) needs_ = plain.needs;
}

void Protection::triple(const ChosenBits& chosen, const std::string& what) {
  const int all = storage_bits(design_.storage);
  for (const int bit : chosen.bits) {
    if (bit < 0 || bit >= all)
      throw Error(ErrorKind::usage,
                  fmt::format("{}: expected bits from 0 to {}, found {}", what, all - 1, bit));
  }
  std::vector<size_t> layers;
  for (const std::string& name : chosen.layers) layers.push_back(layer_of(name, what));
  if (chosen.layers.empty()) {
    layers.resize(design_.layers.size());
    std::iota(layers.begin(), layers.end(), size_t{0});
  }
  triple(layers, chosen.bits);
}

void Protection::triple(const std::vector<size_t>& layers, const std::vector<int>& bits) {
  for (const size_t layer : layers) {
    if (bits.empty()) is_tripled_[layer].assign(is_tripled_[layer].size(), true);
    for (const int bit : bits) is_tripled_[layer].at(static_cast<size_t>(bit)) = true;
  }
}

size_t Protection::layer_of(const std::string& name, const std::string& what) const {
  std::vector<std::string> names;
  std::optional<size_t> found;
  for (size_t i = 0; i < design_.layers.size(); ++i) {
    const DesignLayer& layer = design_.layers[i];
    if (!is_there_[i]) continue;
    if (name == layer.name || name == layer.path) return i;
    if (is_name_of(name, layer.path)) {
      if (found) {
        throw Error(
            ErrorKind::usage,
            fmt::format("{}: '{}' is '{}' and '{}'; write one of them", printable(what), printable(name),
                        printable(design_.layers[*found].path), printable(layer.path)));
      }
      found = i;
    }
    names.push_back(layer.name);
  }
  if (found) return *found;
  const std::string nearest = nearest_name(name, names);
  throw Error(
      ErrorKind::usage,
      fmt::format("{}: the faults of the report hit no layer '{}'{}", printable(what), printable(name),
                  nearest.empty() ? "" : fmt::format(" (did you mean '{}'?)", printable(nearest))));
}

std::vector<bool> Protection::corrected() const {
  std::vector<bool> cells;
  for (const DesignCell& cell : design_.cells)
    cells.push_back(corrects_all_ || is_tripled_[cell.layer][static_cast<size_t>(cell.bit)]);
  return cells;
}

double Protection::bits_per_weight() const {
  double weights = 0, tripled = 0;
  for (size_t i = 0; i < design_.layers.size(); ++i) {
    if (!is_there_[i]) continue;
    weights += design_.layers[i].elements;
    const auto bits = std::count(is_tripled_[i].begin(), is_tripled_[i].end(), true);
    tripled += static_cast<double>(bits) * design_.layers[i].elements;
  }
  return check_bits_ + (weights > 0 ? kCopies * tripled / weights : 0);
}

std::string chosen_bits_label(std::vector<int> bits, StorageFormat storage) {
  std::sort(bits.begin(), bits.end());
  bits.erase(std::unique(bits.begin(), bits.end()), bits.end());
  if (bits.empty() || bits.size() == static_cast<size_t>(storage_bits(storage))) return "all bits";
  std::vector<std::string> parts;
  for (size_t i = 0; i < bits.size();) {
    size_t end = i;
    while (end + 1 < bits.size() && bits[end + 1] == bits[end] + 1) ++end;
    if (end > i + 1) {
      parts.push_back(fmt::format("{}-{}", bits[i], bits[end]));
      i = end + 1;
    } else {
      parts.push_back(std::to_string(bits[i++]));
    }
  }
  std::string field;
  for (const BitGroup& group : bit_groups(storage)) {
    if (bits.front() == group.first_bit && bits.back() == group.last_bit && parts.size() == 1)
      field = fmt::format(" ({})", group.name);
  }
  return fmt::format("bit{} {}{}", bits.size() == 1 ? "" : "s", fmt::join(parts, ", "), field);
}

std::string protection_label(const std::string& words, StorageFormat storage) {
  std::vector<std::string> labels;
  for (const std::string& word : split_at(words, '+')) labels.push_back(word_label(word, storage));
  return fmt::format("{}", fmt::join(labels, " + "));
}

}  // namespace tf_injector::detail
