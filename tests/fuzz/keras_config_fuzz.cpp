// config.json in an archive that is valid, beside the weights of a small model.
#include "graph_check.hpp"
#include "json_mutator.hpp"
#include "keras/import.hpp"
#include "model_parts.hpp"

using namespace tf_injector::detail;

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  fuzz::ModelParts parts = fuzz::chosen_parts(data[0]);
  parts.config = fuzz::as_text(data + 1, size - 1);
  const auto graph = fuzz::accepted([&] {
    return keras::import_model({"m.keras", fuzz::keras_file(parts)});
  });
  if (graph) fuzz::check_graph(*graph);
  return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size, unsigned seed) {
  return fuzz::mutate_json(data, size, max_size, seed, 1);
}
