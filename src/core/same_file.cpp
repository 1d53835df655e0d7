#include "core/same_file.hpp"

#include <filesystem>
#include <system_error>

namespace tf_injector::detail {

bool is_same_file(const std::string& a, const std::string& b) {
  std::error_code error;
  if (std::filesystem::equivalent(a, b, error)) return true;
  const auto place = [&](const std::string& path) {
    return std::filesystem::weakly_canonical(std::filesystem::absolute(path, error), error);
  };
  return place(a) == place(b);
}

}  // namespace tf_injector::detail
