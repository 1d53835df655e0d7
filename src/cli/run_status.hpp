// The status file of a command: its last state says how the work ended.
#pragma once

#include <exception>
#include <optional>

#include "cli/console/flag_names.hpp"
#include "cli/failure.hpp"
#include "tf_injector/error.hpp"
#include "tf_injector/status_file.hpp"

namespace tf_injector::detail::cli {

template <typename Work>
void with_status(std::optional<StatusFile>& status, const Work& work) {
  try {
    work();
  } catch (...) {
    if (status) {
      const Failure failure = describe_failure(std::current_exception(), "run");
      const bool is_interrupted = failure.exit_code == static_cast<int>(ErrorKind::interrupted);
      status->end(is_interrupted ? RunState::interrupted : RunState::failed, failure.exit_code,
                  is_interrupted ? "" : with_flags(failure.text));
    }
    throw;
  }
  if (status) status->end(RunState::finished, 0);
}

}  // namespace tf_injector::detail::cli
