// A fault list: as it stands, and resolved against a small model.
#include <algorithm>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "core/bits.hpp"
#include "fault/fault_list.hpp"
#include "fuzz_target.hpp"
#include "graph/storage.hpp"
#include "io/csv.hpp"
#include "tf_injector/fault.hpp"

using namespace tf_injector;
using namespace tf_injector::detail;

namespace {

void add_layer(Graph& graph, const std::string& path, const std::string& class_name, const Shape& kernel) {
  Layer layer;
  layer.path = path;
  layer.name = path.substr(path.rfind('/') + 1);
  layer.class_name = class_name;
  layer.injectable = class_name == "Conv2D" || class_name == "Dense";
  layer.weights.push_back(static_cast<WeightId>(graph.weights.size()));
  std::vector<float> values(static_cast<size_t>(kernel.elements()));
  for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i);
  graph.weights.push_back({path + "/kernel", kernel, std::move(values)});
  graph.layers.push_back(std::move(layer));
}

// Nested models with layers of one name among them, their weights stored in a format.
Graph small_model(StorageFormat format) {
  Graph graph;
  add_layer(graph, "conv2d", "Conv2D", {3, 3, 1, 8});
  add_layer(graph, "batch_normalization", "BatchNormalization", {8});
  add_layer(graph, "conv2d_1", "Conv2D", {3, 2, 8, 4});
  add_layer(graph, "left/conv", "Conv2D", {1, 1, 4, 4});
  add_layer(graph, "right/inner/conv", "Conv2D", {1, 1, 4, 4});
  add_layer(graph, "dense", "Dense", {6, 10});
  graph.storage = format;
  for (Weight& weight : graph.weights) {
    weight.storage = format;
    if (format == StorageFormat::int8)
      weight.scales = int8_scales(weight.values, static_cast<size_t>(weight.shape.back()));
    for (size_t i = 0; i < weight.values.size(); ++i)
      weight.values[i] = bits_float(decoded(weight, i, stored_code(weight, i)));
  }
  return graph;
}

// The list as docs/interface.md shows it.
std::string as_csv(FaultRows faults) {
  const std::vector<Fault> all = faults.faults();
  const bool is_plain_list = std::all_of(all.begin(), all.end(), is_plain);
  std::string text = "Injection,Layer,TensorIndex,Bit";
  text += is_plain_list ? "\n" : ",Part,Value,Tensor,Model\n";
  for (const Fault& fault : all) {
    for (size_t i = 0; i < fault.parts.size(); ++i) {
      const FaultPart& part = fault.parts[i];
      const bool is_set = std::holds_alternative<SetValue>(part.change);
      const std::string change = bits_text(part.change);
      text += std::to_string(fault.id) + "," + csv_field(part.layer) + "," +
              csv_field(format_index(part.index)) + "," + (is_set ? "" : change);
      if (!is_plain_list) {
        text += "," + std::to_string(i) + "," + (is_set ? change : "") + ",";
        text.append(tensor_name(part.tensor)).append(",").append(model_name(part.change));
      }
      text += "\n";
    }
  }
  return text;
}

// The float32 that a change makes of what is stored.
uint32_t changed_number(const Change& change, const Weight& weight, size_t element) {
  const auto* set = std::get_if<SetValue>(&change);
  if (set == nullptr) return decoded(weight, element, changed_bits(change, stored_code(weight, element)));
  const bool is_code = set->width == storage_bits(weight.storage);
  return decoded(weight, element, is_code ? set->bits : encoded(weight, element, set->bits));
}

void check_bits(const Change& change) {
  std::vector<int> bits;
  if (const auto* flip = std::get_if<BitFlip>(&change)) bits = flip->bits;
  if (const auto* stuck = std::get_if<StuckAt>(&change)) bits = stuck->bits;
  fuzz::require(bits.empty() == std::holds_alternative<SetValue>(change), "no bits, or bits of a value");
  std::set<int> different;
  for (const int bit : bits)
    fuzz::require(bit >= 0 && bit <= 31 && different.insert(bit).second, "a bit that there is not, or twice");
}

bool same(FaultRows a, FaultRows b) { return a.faults() == b.faults(); }

void check_list(const ResolvedFaultList& list, const Graph* graph) {
  fuzz::require(!list.faults.empty(), "an empty list is accepted");
  fuzz::require(list.patches.size() == (graph != nullptr ? list.faults.size() : 0), "lists of other lengths");
  std::set<int64_t> ids;
  for (size_t i = 0; i < list.faults.size(); ++i) {
    const Fault fault = list.faults[i];
    fuzz::require(fault.id >= 0 && ids.insert(fault.id).second, "a number that stands twice or is negative");
    fuzz::require(!fault.parts.empty(), "a fault without a part");
    for (const FaultPart& part : fault.parts) check_bits(part.change);
    if (graph == nullptr) continue;
    const std::span<const Patch> patches = list.patches[i];
    fuzz::require(patches.size() == fault.parts.size(), "a part without its patch");
    std::set<std::pair<WeightId, int64_t>> elements;
    for (size_t p = 0; p < patches.size(); ++p) {
      const Patch& patch = patches[p];
      const Weight& kernel = graph->weights.at(static_cast<size_t>(patch.weight));
      int64_t element = 0;
      for (int axis = 0; axis < kernel.shape.rank(); ++axis)
        element = element * kernel.shape[axis] + fault.parts[p].index.at(static_cast<size_t>(axis));
      fuzz::require(patch.element == element && element >= 0 && element < kernel.shape.elements(),
                    "another element");
      fuzz::require(elements.emplace(patch.weight, element).second, "an element that changes twice");
      const auto at = static_cast<size_t>(element);
      fuzz::require(patch.old_bits == float_bits(kernel.values[at]) &&
                        patch.new_bits == changed_number(fault.parts[p].change, kernel, at),
                    "other bits");
    }
  }
  const auto again =
      fuzz::accepted([&] { return parse_fault_list(as_csv(list.faults), "again.csv", graph); });
  fuzz::require(again && same(again->faults, list.faults), "written and read again, the list is another");
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const Graph model = small_model(StorageFormat::float32);
  static const Graph stored[] = {small_model(StorageFormat::bfloat16), small_model(StorageFormat::float16),
                                 small_model(StorageFormat::int8)};
  const std::string_view text = fuzz::as_text(data, size);
  const auto resolved = fuzz::accepted([&] { return parse_fault_list(text, "list.csv", &model); });
  if (resolved) check_list(*resolved, &model);
  for (const Graph& graph : stored) {
    const auto of_format = fuzz::accepted([&] { return parse_fault_list(text, "list.csv", &graph); });
    if (of_format) check_list(*of_format, &graph);
  }
  const auto unresolved = fuzz::accepted([&] { return parse_fault_list(text, "list.csv", nullptr); });
  if (unresolved) check_list(*unresolved, nullptr);
  fuzz::require(!resolved || (unresolved && same(unresolved->faults, resolved->faults)),
                "without a model it is another list");
  return 0;
}
