// A fault list: as it stands, and resolved against a small model.
#include <set>

#include "fault/fault_list.hpp"
#include "fuzz_target.hpp"
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

// Nested models with layers of one name among them.
Graph small_model() {
  Graph graph;
  add_layer(graph, "conv2d", "Conv2D", {3, 3, 1, 8});
  add_layer(graph, "batch_normalization", "BatchNormalization", {8});
  add_layer(graph, "conv2d_1", "Conv2D", {3, 2, 8, 4});
  add_layer(graph, "left/conv", "Conv2D", {1, 1, 4, 4});
  add_layer(graph, "right/inner/conv", "Conv2D", {1, 1, 4, 4});
  add_layer(graph, "dense", "Dense", {6, 10});
  return graph;
}

// The list as docs/interface.md shows it.
std::string as_csv(FaultRows faults) {
  std::string text = "Injection,Layer,TensorIndex,Bit\n";
  for (const Fault& fault : faults) {
    const FaultPart& part = fault.parts.front();
    text += std::to_string(fault.id) + "," + csv_field(part.layer) + "," +
            csv_field(format_index(part.index)) + "," + std::to_string(flipped_bit(fault)) + "\n";
  }
  return text;
}

bool same(FaultRows a, FaultRows b) { return a.faults() == b.faults(); }

void check_list(const ResolvedFaultList& list, const Graph* graph) {
  fuzz::require(!list.faults.empty(), "an empty list is accepted");
  fuzz::require(list.patches.size() == (graph != nullptr ? list.faults.size() : 0), "lists of other lengths");
  std::set<int64_t> ids;
  for (size_t i = 0; i < list.faults.size(); ++i) {
    const Fault fault = list.faults[i];
    fuzz::require(fault.id >= 0 && ids.insert(fault.id).second, "a number that stands twice or is negative");
    const int bit = flipped_bit(fault);
    fuzz::require(bit >= 0 && bit <= 31, "a bit that there is not");
    if (graph == nullptr) continue;
    const Patch& patch = list.patches[i].front();
    const Weight& kernel = graph->weights.at(static_cast<size_t>(patch.weight));
    int64_t element = 0;
    for (int axis = 0; axis < kernel.shape.rank(); ++axis)
      element = element * kernel.shape[axis] + fault.parts[0].index.at(static_cast<size_t>(axis));
    fuzz::require(patch.element == element && element >= 0 && element < kernel.shape.elements(),
                  "another element");
    fuzz::require((patch.old_bits ^ patch.new_bits) == uint32_t{1} << bit, "another bit");
  }
  const auto again =
      fuzz::accepted([&] { return parse_fault_list(as_csv(list.faults), "again.csv", graph); });
  fuzz::require(again && same(again->faults, list.faults), "written and read again, the list is another");
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const Graph model = small_model();
  const std::string_view text = fuzz::as_text(data, size);
  const auto resolved = fuzz::accepted([&] { return parse_fault_list(text, "list.csv", &model); });
  if (resolved) check_list(*resolved, &model);
  const auto unresolved = fuzz::accepted([&] { return parse_fault_list(text, "list.csv", nullptr); });
  if (unresolved) check_list(*unresolved, nullptr);
  fuzz::require(!resolved || (unresolved && same(unresolved->faults, resolved->faults)),
                "without a model it is another list");
  return 0;
}
