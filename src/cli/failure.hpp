// From an exception to what the user reads and the exit code.
#pragma once

#include <exception>
#include <string>

namespace tf_injector::detail::cli {

struct Failure {
  int exit_code = 1;
  std::string text;  // a line per problem
  std::string hint;  // what to do, or ""
};

// `command`: the sub-command, for the hint after a usage error.
[[nodiscard]] Failure describe_failure(const std::exception_ptr& exception, const std::string& command);

}  // namespace tf_injector::detail::cli
