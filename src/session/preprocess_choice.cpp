#include "session/preprocess_choice.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "graph/own_scaling.hpp"

namespace tf_injector::detail {
namespace {

struct Chosen {
  InputFeed feed;
  std::string how, why;
  std::optional<std::string> warning;
};

bool is_whole_layer(const OwnScaling& own) {
  return own.class_name == "Rescaling" || own.class_name == "Normalization";
}

// An input of the model, its images, and the flags.
class InputChoice {
 public:
  InputChoice(const PreprocessOptions& options, const DatasetInput& array, const Graph& graph, NodeId input)
      : options_(options),
        is_float_(array.is_float && !array.needs_preprocessing),
        node_(std::get<ops::Input>(graph.nodes.at(static_cast<size_t>(input)).op)),
        own_(own_scaling(graph, input)),
        layout_(image_layout(graph, input)) {
    if (options.mean) {
      set_ = {*options.mean, *options.std};
    } else {
      set_ = data::normalization_of(options.dataset);
    }
  }

  Chosen choose() const {
    Chosen chosen;
    chosen.feed.type = node_.type;
    chosen.feed.layout = layout_;
    chosen.why = is_float_ ? for_floats(chosen.feed.preprocessing) : for_bytes(chosen.feed.preprocessing);
    const bool is_raw = chosen.feed.preprocessing == data::Preprocessing{};
    chosen.how = is_raw && !is_float_ ? data::kBytesAsTheyAre : data::formula(chosen.feed.preprocessing);
    if (!is_raw) chosen.warning = warning(chosen);
    return chosen;
  }

 private:
  [[nodiscard]] std::string set_reason() const {
    return options_.mean ? "mean and std are given" : "the data set is " + options_.dataset;
  }

  std::string for_floats(data::Preprocessing& preprocessing) const {
    if (options_.mode == PreprocessOptions::Mode::none) return "no preprocessing is asked for";
    if (!options_.mean) return "float32 images are fed as they are";
    preprocessing.normalization = set_;
    return set_reason();
  }

  std::string for_bytes(data::Preprocessing& preprocessing) const {
    if (options_.mode == PreprocessOptions::Mode::none) return "no preprocessing is asked for";
    if (!set_ && options_.mode == PreprocessOptions::Mode::automatic) {
      if (is_integer(node_.type)) return fmt::format("the model's input is {}", number_type_name(node_.type));
      if (own_ && is_whole_layer(*own_))
        return fmt::format("the model begins with '{}' ({})", own_->path, own_->class_name);
    }
    preprocessing.scaling = options_.tensorflow_arithmetic ? data::Scaling::tensorflow : data::Scaling::numpy;
    preprocessing.normalization = set_;
    return set_ ? set_reason() : "neither a data set nor mean and std are given";
  }

  // Of values that are preprocessed though the model does not expect it.
  [[nodiscard]] std::optional<std::string> warning(const Chosen& chosen) const {
    constexpr const char* kRemedy = "`preprocess` none feeds the values as they are";
    if (is_integer(node_.type)) {
      return fmt::format(
          "the model's input '{}' is {}: what {} ({}) gives is cut to whole numbers, as Keras does; {}",
          node_.name, number_type_name(node_.type), chosen.how, chosen.why, kRemedy);
    }
    if (!own_) return std::nullopt;
    return fmt::format("the images are scaled twice: {} ({}), and then by the model's own '{}' ({}); {}",
                       chosen.how, chosen.why, own_->path, own_->class_name, kRemedy);
  }

  const PreprocessOptions& options_;
  bool is_float_;
  const ops::Input& node_;
  std::optional<OwnScaling> own_;
  ImageLayout layout_;
  std::optional<data::Normalization> set_;
};

// One text where all are the same, else each with its input's name.
std::string together(const std::vector<Chosen>& all, const std::vector<PlanInput>& inputs,
                     std::string Chosen::*text) {
  const bool is_same =
      std::all_of(all.begin(), all.end(), [&](const Chosen& c) { return c.*text == all.front().*text; });
  if (is_same) return all.empty() ? "" : all.front().*text;
  std::string list;
  for (size_t i = 0; i < all.size(); ++i) list += (i == 0 ? "" : "; ") + inputs[i].name + ": " + all[i].*text;
  return list;
}

}  // namespace

PreprocessChoice choose_preprocessing(const PreprocessOptions& options, const Dataset& dataset,
                                      const Graph& graph, const std::vector<PlanInput>& inputs) {
  PreprocessChoice choice;
  std::vector<Chosen> all;
  for (size_t i = 0; i < inputs.size(); ++i) {
    const DatasetInput& array = dataset.inputs[array_of_input(dataset, inputs, i)];
    Chosen chosen = InputChoice(options, array, graph, graph.inputs[i]).choose();
    if (chosen.warning) choice.warnings.push_back(*chosen.warning);
    if (chosen.feed.preprocessing.normalization)
      choice.normalization = chosen.feed.preprocessing.normalization;
    choice.inputs.push_back(chosen.feed);
    all.push_back(std::move(chosen));
  }
  choice.how = together(all, inputs, &Chosen::how);
  choice.why = together(all, inputs, &Chosen::why);
  return choice;
}

}  // namespace tf_injector::detail
