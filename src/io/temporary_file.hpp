// Names of files that take another one's place when they are done, and what becomes of those that are not.
#pragma once

#include <string>

namespace tf_injector::detail {

// A name in the folder of `target`, another one with each call. It names this process, so that others can
// tell when the file is abandoned.
[[nodiscard]] std::string temporary_path(const std::string& target);

// Removes files under such names from the folder if the process that made them is certainly gone
// (io/process_identity.hpp); with `is_owned`, where no other process writes into the folder, all that are not
// this one's. What cannot be removed stays.
void remove_abandoned_files(const std::string& folder, bool is_owned);

}  // namespace tf_injector::detail
