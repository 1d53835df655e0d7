#include "data/arrays/array_choice.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <span>
#include <utility>

#include "core/printable.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail::data {
namespace {

constexpr const char* kImages = "x";
constexpr const char* kLabels = "y";
constexpr const char* kTestImages = "x_test";
constexpr const char* kTestLabels = "y_test";

// Common names of images and labels. They only serve the hint in the message; no array is taken by them.
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

// Names that say by themselves that an array holds labels, or images.
constexpr const char* kLabelNames[] = {"y",       "y_test",      "Y",           "Y_test", "labels",
                                       "label",   "test_labels", "labels_test", "test_y", "target",
                                       "targets", "y_val",       "classes",     "y_true"};
constexpr const char* kImageNames[] = {
    "x",         "x_test", "X",    "X_test",   "images", "image", "test_images", "images_test", "test_x",
    "test_data", "imgs",   "data", "features", "inputs", "x_val", "X_val",       "x_train",     "X_train"};

constexpr const char* kNotKnown = "NAME";

// A name that the data set needs, and the array to rename to it; "" if none is certain.
struct Renamed {
  std::string name, array;
};

// The first of `names` that exists and is not taken yet.
template <typename Names>
std::string first_of(const ArraySource& source, const Names& names, const std::vector<Renamed>& taken) {
  for (const char* name : names) {
    const bool is_taken =
        std::any_of(taken.begin(), taken.end(), [&](const Renamed& r) { return r.array == name; });
    if (source.has(name) && !is_taken) return name;
  }
  return "";
}

bool looks_like_labels(const ArraySource& source, const std::string& name) {
  try {
    const NpyArray array = source.read(name);
    return array.shape.size() == 1 || (array.shape.size() == 2 && array.shape[1] == 1);
  } catch (const Error&) {
    return false;
  }
}

bool is_unclear(const Renamed& renamed) { return renamed.array.empty(); }

// Those of `all` that may still be assigned: further images are no labels.
std::vector<std::string> left_over(const std::vector<std::string>& all, const std::vector<Renamed>& renamed) {
  std::vector<std::string> left;
  for (const std::string& name : all) {
    const bool is_image =
        std::find(std::begin(kImageNames), std::end(kImageNames), name) != std::end(kImageNames);
    if (is_image && std::count_if(renamed.begin(), renamed.end(), is_unclear) == 1 &&
        is_unclear(renamed.back()))
      continue;
    if (std::none_of(renamed.begin(), renamed.end(), [&](const Renamed& r) { return r.array == name; }))
      left.push_back(name);
  }
  return left;
}

bool is_identifier(const std::string& name) {
  const auto is_inside = [](char c) { return c == '_' || std::isalnum(static_cast<unsigned char>(c)) != 0; };
  return !name.empty() && std::isdigit(static_cast<unsigned char>(name[0])) == 0 &&
         std::all_of(name.begin(), name.end(), is_inside);
}

std::string savez(const ArraySource& source, const std::vector<Renamed>& renamed) {
  std::string arguments;
  bool is_all_clear = true;
  for (const auto& [name, array] : renamed) {
    const std::string value = fmt::format("z['{}']", array.empty() ? kNotKnown : printable(array));
    arguments += is_identifier(name) ? fmt::format(", {}={}", name, value)
                                     : fmt::format(", **{{'{}': {}}}", printable(name), value);
    is_all_clear = is_all_clear && !array.empty();
  }
  return fmt::format("; rename them: z = np.load('{}'); np.savez('renamed.npz'{}){}", source.place(),
                     arguments,
                     is_all_clear ? "" : fmt::format(", {} being the array that is meant", kNotKnown));
}

std::string renamed_files(const std::vector<Renamed>& renamed) {
  std::string text;
  for (const auto& [name, array] : renamed) {
    if (array == name) continue;
    text += fmt::format("{}{}.npy to {}.npy", text.empty() ? "; rename " : " and ",
                        array.empty() ? kNotKnown : array, name);
  }
  return text;
}

// For each name that the data set needs, images first: the array of that name, else one with a common name
// for it, else the only one left.
std::vector<Renamed> renamed_arrays(const ArraySource& source, std::span<const std::string> images) {
  std::vector<Renamed> renamed;
  for (const std::string& name : images) renamed.push_back({name, source.has(name) ? name : ""});
  if (images.size() == 1 && renamed[0].array.empty())
    renamed[0].array = first_of(source, kImageNames, renamed);
  renamed.push_back({kLabels, first_of(source, kLabelNames, renamed)});
  Renamed& labels = renamed.back();
  std::vector<std::string> left = left_over(source.names(), renamed);
  const auto unclear = std::count_if(renamed.begin(), renamed.end(), is_unclear);
  if (unclear > 1 && labels.array.empty() && left.size() == static_cast<size_t>(unclear)) {
    const auto is_labels = [&source](const std::string& name) { return looks_like_labels(source, name); };
    if (std::count_if(left.begin(), left.end(), is_labels) == 1) {
      labels.array = *std::find_if(left.begin(), left.end(), is_labels);
      left = left_over(source.names(), renamed);
    }
  }
  if (left.size() == 1 && std::count_if(renamed.begin(), renamed.end(), is_unclear) == 1)
    std::find_if(renamed.begin(), renamed.end(), is_unclear)->array = left.front();
  return renamed;
}

// True if there are enough arrays for the names that have none yet.
bool is_enough(const ArraySource& source, const std::vector<Renamed>& renamed) {
  const auto unclear = std::count_if(renamed.begin(), renamed.end(), is_unclear);
  return left_over(source.names(), renamed).size() >= static_cast<size_t>(unclear);
}

// The line of Python that renames the arrays as needed; "" if there are too few.
std::string rename_hint(const ArraySource& source, std::span<const std::string> images) {
  std::vector<Renamed> renamed;
  if (images.size() == 1) {
    for (const auto& [x, y] : kOtherNames) {
      if (renamed.empty() && source.has(x) && source.has(y)) renamed = {{images[0], x}, {kLabels, y}};
    }
  }
  if (renamed.empty()) renamed = renamed_arrays(source, images);
  if (!is_enough(source, renamed)) return "";
  return source.is_archive() ? savez(source, renamed) : renamed_files(renamed);
}

[[noreturn]] void throw_not_found(const ArraySource& source, const std::string& expected,
                                  std::span<const std::string> images) {
  throw DatasetError(fmt::format("{}: expected {}, found: {}{}", source.place(), expected, found(source),
                                 rename_hint(source, images)));
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
  throw_not_found(source, "the images 'x' and the labels 'y' (or 'x_test' and 'y_test')",
                  std::vector<std::string>{kImages});
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
      throw DatasetError(fmt::format("{}: no array '{}'; expected {}; found: {}{}", source.place(), input,
                                     expected(), found(source), rename_hint(source, inputs)));
    }
    choice.images.push_back({input, input});
  }
  if (!source.has(kLabels)) throw_not_found(source, expected(), inputs);
  std::sort(choice.images.begin(), choice.images.end(),
            [](const auto& a, const auto& b) { return a.array < b.array; });
  return choice;
}

// True for a folder of a data set, false for one that merely contains some arrays.
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

}  // namespace tf_injector::detail::data
