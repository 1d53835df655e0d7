// config.json beside the weights of a small model.
#include "graph_check.hpp"
#include "json_mutator.hpp"
#include "model_parts.hpp"

using namespace tf_injector::detail;

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  keras::Archive& model = fuzz::chosen_model(data[0]);
  const auto graph = fuzz::accepted([&] {
    model.config = keras::parse_json({data + 1, size - 1});
    return keras::import_archive(model);
  });
  if (graph) fuzz::check_graph(*graph);
  return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size, unsigned seed) {
  return fuzz::mutate_json(data, size, max_size, seed, 1);
}
