#include "answers/output_files.hpp"

#include <fmt/format.h>

#include <memory>

#include "core/same_file.hpp"
#include "io/file.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail {

void check_output_files(const std::vector<std::string>& targets, const std::vector<std::string>& inputs,
                        bool overwrite) {
  for (size_t i = 0; i < targets.size(); ++i) {
    for (size_t k = 0; k < i; ++k) {
      if (is_same_file(targets[i], targets[k]))
        throw Error(
            ErrorKind::usage,
            fmt::format("'{}' is to be written twice: give each output a name of its own", targets[i]));
    }
    for (const std::string& input : inputs) {
      if (is_same_file(targets[i], input))
        throw Error(ErrorKind::usage,
                    fmt::format("'{}' would be written over '{}', which is read", targets[i], input));
    }
    if (!overwrite && file_exists(targets[i]))
      throw OutputError(fmt::format("'{}' is there already; `overwrite` replaces it", targets[i]));
  }
}

std::vector<std::string> write_output_files(std::span<const OutputFile> files) {
  std::vector<std::unique_ptr<AtomicFile>> written;
  for (const OutputFile& file : files) {
    prepare_folder_for(file.path);
    written.push_back(std::make_unique<AtomicFile>(file.path));
    written.back()->write(file.text);
  }
  std::vector<std::string> paths;
  for (size_t i = 0; i < files.size(); ++i) {
    written[i]->commit();
    paths.push_back(files[i].path);
  }
  return paths;
}

}  // namespace tf_injector::detail
