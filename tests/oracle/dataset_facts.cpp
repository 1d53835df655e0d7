// What load_dataset makes of a path, for comparison with NumPy (test_dataset_files.py).
//   dataset_facts DATASET PATH [INPUT...]    ("" for a path without a name; names of the model's inputs)
// One line: name, SHA-256 of the contents.
#include <cstdio>
#include <exception>

#include "data/load.hpp"

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: dataset_facts DATASET PATH [INPUT...]\n");
    return 2;
  }
  try {
    tf_injector::detail::data::LoadOptions options;
    options.dataset = argv[1];
    options.path = argv[2];
    options.allow_download = false;
    options.inputs.assign(argv + 3, argv + argc);
    const tf_injector::Dataset dataset = tf_injector::detail::data::load_dataset(options);
    std::printf("%s %s\n", dataset.name.c_str(), dataset.sha256.c_str());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 3;
  }
  return 0;
}
