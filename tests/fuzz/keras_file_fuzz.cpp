// A model file of any kind: .keras (a zip archive, or the HDF5 file that TensorFlow 2.12 wrote).
#include "graph_check.hpp"
#include "keras/import.hpp"
#include "zip_mutator.hpp"

using namespace tf_injector::detail;

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto graph = fuzz::accepted([&] {
    return keras::import_model({"m.keras", fuzz::as_bytes(data, size)});
  });
  if (graph) fuzz::check_graph(*graph);
  return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size, unsigned seed) {
  return fuzz::mutate_zip(data, size, max_size, seed, 0);
}
