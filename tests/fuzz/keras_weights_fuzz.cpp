// model.weights.h5 in an archive that is valid, beside the configuration of a small model.
#include "graph_check.hpp"
#include "keras/import.hpp"
#include "model_parts.hpp"

using namespace tf_injector::detail;

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  fuzz::ModelParts parts = fuzz::chosen_parts(data[0]);
  parts.weights = fuzz::as_text(data + 1, size - 1);
  const auto graph = fuzz::accepted([&] {
    return keras::import_model({"m.keras", fuzz::keras_file(parts)});
  });
  if (graph) fuzz::check_graph(*graph);
  return 0;
}
