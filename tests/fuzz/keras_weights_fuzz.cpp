// model.weights.h5 beside the configuration of a small model.
#include "graph_check.hpp"
#include "model_parts.hpp"

using namespace tf_injector::detail;

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  keras::Archive& model = fuzz::chosen_model(data[0]);
  const auto graph = fuzz::accepted([&] {
    model.weights = Hdf5File(fuzz::as_bytes(data + 1, size - 1), "m.keras: model.weights.h5");
    return keras::import_archive(model);
  });
  if (graph) fuzz::check_graph(*graph);
  return 0;
}
