// Runs a fuzz target on files, without libFuzzer: `fuzz_npy FILE|FOLDER...`, folders with all that is in
// them. A finding ends it by a signal; the last line names the file.
#include <cstdio>
#include <filesystem>
#include <set>
#include <string>

#include "fuzz_target.hpp"

// Of libFuzzer, which mutators call; here nothing is mutated.
extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t max_size);
size_t LLVMFuzzerMutate(uint8_t*, size_t size, size_t) { return size; }

namespace fs = std::filesystem;

int main(int argc, char** argv) {
  std::set<fs::path> files;
  for (int i = 1; i < argc; ++i) {
    if (!fs::exists(argv[i])) {
      std::fprintf(stderr, "%s: no such file or folder\n", argv[i]);
      return 2;
    }
    if (!fs::is_directory(argv[i])) files.insert(argv[i]);
    if (!fs::is_directory(argv[i])) continue;
    for (const auto& entry : fs::recursive_directory_iterator(argv[i]))
      if (entry.is_regular_file()) files.insert(entry.path());
  }
  for (const fs::path& file : files) {
    std::fprintf(stderr, "%s\n", file.c_str());
    const std::string bytes = tf_injector::detail::fuzz::read_file(file);
    LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
  }
  std::printf("%zu inputs, no finding\n", files.size());
  return files.empty() ? 2 : 0;
}
