// A legacy .h5 file: as a model, and as an HDF5 file of which everything is read.
#include "graph_check.hpp"
#include "hdf5_walk.hpp"
#include "keras/import.hpp"

using namespace tf_injector::detail;

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto graph = fuzz::accepted([&] {
    return keras::import_model({"m.h5", fuzz::as_bytes(data, size)});
  });
  if (graph) fuzz::check_graph(*graph);
  fuzz::walk_hdf5(data, size);
  return 0;
}
