// The files that this process must not leave behind, for an end without destructors.
#pragma once

#include <string>

namespace tf_injector::detail {

// Notes a file's name for as long as it lives. Where very many are noted at once, or a name is very long,
// some are not: such a file stays behind, and the next run that owns its folder removes it.
class TemporaryName {
 public:
  explicit TemporaryName(const std::string& path) noexcept;
  ~TemporaryName();
  TemporaryName(TemporaryName&& other) noexcept;
  TemporaryName& operator=(TemporaryName&&) = delete;

 private:
  int slot_;  // -1: not noted
};

// Removes the files whose names are noted. For a signal handler that ends the process: it takes no lock and
// no memory.
void remove_temporary_files() noexcept;

}  // namespace tf_injector::detail
