#include "data/array_choice.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/printable.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::data {
namespace {

constexpr const char* kImages = "x";
constexpr const char* kLabels = "y";
constexpr const char* kTestImages = "x_test";
constexpr const char* kTestLabels = "y_test";

// Names under which images and labels are often stored, for the hint: none of them is taken by itself.
constexpr std::pair<const char*, const char*> kOtherNames[] = {
    {"X_test", "y_test"},
    {"X_test", "Y_test"},
    {"X", "Y"},
    {"X", "y"},
    {"x", "Y"},
    {"test_images", "test_labels"},
    {"images_test", "labels_test"},
    {"test_data", "test_labels"},
    {"test_x", "test_y"},
    {"images", "labels"},
    {"image", "label"},
    {"imgs", "labels"},
    {"data", "labels"},
    {"data", "label"},
    {"data", "target"},
    {"data", "targets"},
    {"features", "labels"},
    {"inputs", "targets"},
    {"inputs", "labels"},
    {"x", "labels"},
    {"x", "label"},
    {"x_val", "y_val"},
    {"X_val", "y_val"},
    {"arr_0", "arr_1"},
};

std::string found(const ArraySource& source) {
  constexpr size_t kListed = 20;
  const std::vector<std::string>& names = source.names();
  std::string list;
  for (size_t i = 0; i < std::min(names.size(), kListed); ++i)
    list += (i == 0 ? "'" : ", '") + printable(names[i]) + "'";
  if (names.size() > kListed) list += fmt::format(", ... ({} in all)", names.size());
  return list.empty() ? "nothing" : list;
}

// The line that makes an archive's arrays readable, where it is clear which are meant.
std::string rename_hint(const ArraySource& source) {
  for (const auto& [images, labels] : kOtherNames) {
    if (!source.has(images) || !source.has(labels)) continue;
    return source.is_archive()
               ? fmt::format(
                     "; rename them: z = np.load('{}'); np.savez('renamed.npz', x=z['{}'], y=z['{}'])",
                     source.place(), images, labels)
               : fmt::format("; rename {}.npy to x.npy and {}.npy to y.npy", images, labels);
  }
  return "";
}

[[noreturn]] void throw_not_found(const ArraySource& source, const std::string& expected) {
  throw DatasetError(fmt::format("{}: expected {}, found: {}{}", source.place(), expected, found(source),
                                 rename_hint(source)));
}

std::string left_unread(const ArraySource& source, const char* images, const char* labels) {
  return source.has(images) && source.has(labels)
             ? fmt::format("; '{}' and '{}' are left unread", images, labels)
             : "";
}

ArrayChoice for_one_input(const ArraySource& source, const std::string& input) {
  if (source.has(kLabels)) {
    if (!input.empty() && input != kLabels && source.has(input)) {
      ArrayChoice choice{{{input, input == kImages ? "" : input}}, kLabels, ""};
      if (input != kImages && source.has(kImages))
        choice.remark =
            fmt::format("the images are '{0}', named as the model's input; 'x' is left unread", input);
      return choice;
    }
    if (source.has(kImages)) {
      ArrayChoice choice{{{kImages, ""}}, kLabels, ""};
      const std::string others = left_unread(source, kTestImages, kTestLabels);
      if (!others.empty()) choice.remark = "the images are 'x', the labels 'y'" + others;
      return choice;
    }
  }
  if (source.has(kTestImages) && source.has(kTestLabels)) {
    return {{{kTestImages, ""}},
            kTestLabels,
            "the images are 'x_test', the labels 'y_test'" + left_unread(source, "x_train", "y_train")};
  }
  if (source.is_archive() && source.has(kLabels) && source.names().size() == 2) {
    const std::string& only = source.names()[source.names()[0] == kLabels ? 1 : 0];
    return {{{only, only}}, kLabels, fmt::format("the images are '{}', the labels 'y'", printable(only))};
  }
  if (!source.is_archive() && source.has(kImages) != source.has(kLabels)) {
    throw DatasetError(source.label(source.has(kImages) ? kLabels : kImages) +
                       ": missing; the images are x.npy, the labels y.npy");
  }
  throw_not_found(source, "the images 'x' and the labels 'y' (or 'x_test' and 'y_test')");
}

ArrayChoice for_inputs(const ArraySource& source, std::span<const std::string> inputs) {
  ArrayChoice choice;
  choice.labels = kLabels;
  const auto expected = [&inputs] {
    return fmt::format("an array for each of the model's {} inputs, named as the input, and the labels 'y'",
                       inputs.size());
  };
  for (const std::string& input : inputs) {
    if (input == kLabels) {
      throw DatasetError(fmt::format(
          "{}: the model's input '{}' has the name of the labels; give the model's input another name",
          source.place(), input));
    }
    if (!source.has(input)) {
      throw DatasetError(fmt::format("{}: no array '{}'; expected {}; found: {}", source.place(), input,
                                     expected(), found(source)));
    }
    choice.images.push_back({input, input});
  }
  if (!source.has(kLabels)) throw_not_found(source, expected());
  std::sort(choice.images.begin(), choice.images.end(),
            [](const auto& a, const auto& b) { return a.array < b.array; });
  return choice;
}

// A folder of arrays, rather than one that happens to hold some.
bool holds_a_set(const ArraySource& source, std::span<const std::string> inputs) {
  if (source.is_archive()) return true;
  const auto is_there = [&source](const std::string& name) { return source.has(name); };
  return is_there(kImages) || is_there(kLabels) || (is_there(kTestImages) && is_there(kTestLabels)) ||
         (inputs.size() > 1 && std::any_of(inputs.begin(), inputs.end(), is_there));
}

}  // namespace

std::optional<ArrayChoice> choose_arrays(const ArraySource& source, std::span<const std::string> inputs) {
  if (!holds_a_set(source, inputs)) return std::nullopt;
  if (inputs.size() > 1) return for_inputs(source, inputs);
  return for_one_input(source, inputs.empty() ? "" : inputs.front());
}

}  // namespace tf_injector::data
