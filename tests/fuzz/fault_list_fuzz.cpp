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
  // conv2d is called twice, with outputs of two shapes.
  const NodeId image = graph.add_input("in", "in", {4, 5, 2});
  const NodeId vector = graph.add("dense", ops::Reshape{{40}}, {image});
  const NodeId square = graph.add("conv2d", ops::Reshape{{5, 4, 2}}, {image});
  graph.calls = {
      {.layer = 0, .output = image}, {.layer = 0, .output = square}, {.layer = 5, .output = vector}};
  graph.outputs = {vector, square};
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
  text += is_plain_list ? "\n" : ",Part,Value,Call,Tensor,Image,Model\n";
  for (const Fault& fault : all) {
    for (size_t i = 0; i < fault.parts.size(); ++i) {
      const FaultPart& part = fault.parts[i];
      const bool is_set = std::holds_alternative<SetValue>(part.change);
      const std::string change = bits_text(part.change);
      text += std::to_string(fault.id) + "," + csv_field(part.layer) + "," +
              csv_field(format_index(part.index)) + "," + (is_set ? "" : change);
      if (!is_plain_list) {
        text += "," + std::to_string(i) + "," + (is_set ? change : "") + ",";
        text += (part.call ? std::to_string(*part.call) : "") + ",";
        text.append(tensor_name(part.tensor)).append(",");
        text += (fault.image ? std::to_string(*fault.image) : "all") + ",";
        text.append(model_name(part.change));
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

int64_t element_of(const Shape& shape, const FaultPart& part) {
  int64_t element = 0;
  for (int axis = 0; axis < shape.rank(); ++axis)
    element = element * shape[axis] + part.index.at(static_cast<size_t>(axis));
  fuzz::require(element >= 0 && element < shape.elements(), "an element that there is not");
  return element;
}

// The patches of a part of an output, from `patches` on: two for each call. Gives how many they are.
size_t check_output(const FaultPart& part, std::span<const Patch> patches, const Graph& graph) {
  size_t count = 0;
  for (; count + 1 < patches.size() && graph.is_mask(patches[count].weight); count += 2) {
    const Patch &toggle = patches[count], &keep = patches[count + 1];
    const LayerCall& call = graph.masked_call(toggle.weight);
    const bool is_next_part = count > 0 && (toggle.weight <= patches[count - 1].weight ||
                                            call.layer != graph.masked_call(patches[0].weight).layer);
    if (is_next_part) break;
    const Shape& shape = graph.nodes.at(static_cast<size_t>(call.output)).shape;
    fuzz::require(keep.weight == toggle.weight && toggle.element == element_of(shape, part) &&
                      keep.element == toggle.element + shape.elements(),
                  "another element");
    for (const uint32_t bits : {0u, ~0u, 0x3F800000u, 0x7FC00001u})
      fuzz::require(((bits & keep.new_bits) ^ toggle.new_bits) == changed_bits(part.change, bits),
                    "other bits");
    if (part.call) return 2;
  }
  fuzz::require(count > 0, "an output without its patch");
  return count;
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
    fuzz::require(list.patches.rows().image(i) == fault.image.value_or(kAllImages), "another image");
    std::set<std::pair<WeightId, int64_t>> elements;
    for (const Patch& patch : patches)
      fuzz::require(elements.emplace(patch.weight, patch.element).second, "an element that changes twice");
    size_t next = 0;
    for (const FaultPart& part : fault.parts) {
      fuzz::require(next < patches.size(), "a part without its patch");
      if (part.tensor == Tensor::output) {
        next += check_output(part, patches.subspan(next), *graph);
        continue;
      }
      const Patch& patch = patches[next++];
      const Weight& weight = graph->weights.at(static_cast<size_t>(patch.weight));
      fuzz::require(patch.element == element_of(weight.shape, part), "another element");
      const auto at = static_cast<size_t>(patch.element);
      fuzz::require(patch.old_bits == float_bits(weight.values[at]) &&
                        patch.new_bits == changed_number(part.change, weight, at),
                    "other bits");
    }
    fuzz::require(next == patches.size(), "a patch without its part");
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
