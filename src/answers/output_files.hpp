// Files that answers are written into: all checks first, then each file whole.
#pragma once

#include <span>
#include <string>
#include <vector>

namespace tf_injector::detail {

// Throws Error(usage): two of the targets, or one and an input, are the same; OutputError: one is there and
// `overwrite` is false.
void check_output_files(const std::vector<std::string>& targets, const std::vector<std::string>& inputs,
                        bool overwrite);

struct OutputFile {
  std::string path, text;
};
// All of them, each whole or not at all; returns their paths. Throws OutputError.
std::vector<std::string> write_output_files(std::span<const OutputFile> files);

}  // namespace tf_injector::detail
