#include "tf_injector/write_file.hpp"

#include <filesystem>

#include "io/file.hpp"

namespace tf_injector {

void write_file(const std::string& path, std::string_view bytes) {
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  if (!folder.empty()) detail::make_folders(folder.string());
  detail::write_atomic(path, bytes);
}

}  // namespace tf_injector
