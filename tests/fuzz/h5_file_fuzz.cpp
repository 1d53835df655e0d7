// A legacy .h5 file: as a model, and as an HDF5 file of which everything is read.
#include "graph_check.hpp"
#include "io/hdf5/hdf5_file.hpp"
#include "keras/import.hpp"

using namespace tf_injector::detail;

namespace {

// Reads everything below a group; `left` bounds how many names are looked at.
void walk(const Hdf5File& file, const std::string& group, int depth, int& left) {
  constexpr int kDeepest = 6;
  for (const char* name : {"layer_names", "weight_names"})
    fuzz::accepted([&] { return file.string_list_attribute(group, name); });
  const auto names = fuzz::accepted([&] { return file.children(group); });
  if (!names || depth == kDeepest) return;
  for (const std::string& name : *names) {
    if (--left < 0) return;
    const std::string path = group == "/" ? "/" + name : group + "/" + name;
    if (fuzz::accepted([&] { return file.is_group(path); }).value_or(false)) {
      walk(file, path, depth + 1, left);
    } else if (const auto array = fuzz::accepted([&] { return file.read_floats(path); })) {
      fuzz::require(array->shape.elements() == static_cast<int64_t>(array->values.size()),
                    "values of another number than the shape says");
    }
  }
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto graph = fuzz::accepted([&] {
    return keras::import_model({"m.h5", fuzz::as_bytes(data, size)});
  });
  if (graph) fuzz::check_graph(*graph);
  const auto file = fuzz::accepted([&] { return Hdf5File(fuzz::as_bytes(data, size), "f.h5"); });
  int left = 200;
  if (file) walk(*file, "/", 0, left);
  return 0;
}
