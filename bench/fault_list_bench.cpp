// Fault lists read against a model in the shapes of ResNet20, on one thread: bytes of CSV per second, with
// the SHA-256 of the list, and without it.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "fault/fault_list.hpp"
#include "fault/lists.hpp"
#include "io/csv.hpp"
#include "tf_injector/fault_table.hpp"

namespace tf_injector::detail {
namespace {

Graph resnet20_kernels() {
  Graph graph;
  for (int i = 0; i < 19; ++i) {
    const int64_t channels = int64_t{16} << (i / 7);
    const std::string name = i == 0 ? "conv2d" : "conv2d_" + std::to_string(i);
    test::add_layer(graph, name, name, "Conv2D", {3, 3, i == 0 ? 3 : channels, channels});
  }
  test::add_layer(graph, "dense", "dense", "Dense", {64, 10});
  return graph;
}

// In the order of the layers, as published lists are, or `shuffled`: ids and layers in any order.
std::string random_list(const Graph& graph, int rows, bool shuffled) {
  std::mt19937 random(1);
  std::vector<int> ids(static_cast<size_t>(rows));
  for (int i = 0; i < rows; ++i) ids[static_cast<size_t>(i)] = i;
  if (shuffled) std::shuffle(ids.begin(), ids.end(), random);
  std::string text = "Injection,Layer,TensorIndex,Bit\n";
  for (int row = 0; row < rows; ++row) {
    const size_t layer = shuffled
                             ? random() % graph.layers.size()
                             : static_cast<size_t>(row) * graph.layers.size() / static_cast<size_t>(rows);
    std::vector<int64_t> index;
    for (const int64_t size : graph.weights[layer].shape.dims())
      index.push_back(static_cast<int64_t>(random()) % size);
    text += std::to_string(ids[static_cast<size_t>(row)]) + ',' + graph.layers[layer].name + ",\"" +
            format_index(index) + "\"," + std::to_string(random() % 32) + '\n';
  }
  return text;
}

void count_bytes(benchmark::State& state, const std::string& text) {
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations()) * static_cast<int64_t>(text.size()));
}

void read_a_list(benchmark::State& state) {
  const Graph graph = resnet20_kernels();
  const std::string text = random_list(graph, 1'000'000, state.range(0) != 0);
  for (auto _ : state) {
    const ResolvedFaultList list = parse_fault_list(text, "list.csv", &graph);
    state.counters["bytes/fault"] =
        static_cast<double>(list.faults.memory_bytes() + list.patches.capacity() * sizeof(Patch)) /
        static_cast<double>(list.faults.size());
  }
  count_bytes(state, text);
}
BENCHMARK(read_a_list)->ArgName("shuffled")->Arg(0)->Arg(1)->Unit(benchmark::kMillisecond);

void split_into_fields(benchmark::State& state) {
  const std::string text = random_list(resnet20_kernels(), 1'000'000, false);
  for (auto _ : state) {
    CsvReader reader(text);
    size_t fields = 0;
    while (reader.next() == CsvReader::Next::row) fields += reader.row().fields.size();
    benchmark::DoNotOptimize(fields);
  }
  count_bytes(state, text);
}
BENCHMARK(split_into_fields)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace tf_injector::detail

BENCHMARK_MAIN();
