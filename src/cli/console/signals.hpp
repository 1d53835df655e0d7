// Ctrl-C and its kin: the first asks the run to stop, a second Ctrl-C ends the program.
#pragma once

#include <atomic>
#include <string>

namespace tf_injector::detail::cli {

// What the first Ctrl-C of a long command says.
inline constexpr const char* kStopNotice = "stopping; Ctrl-C once more ends at once\n";

// The first SIGINT, SIGTERM or SIGHUP sets the flag that is returned and writes `notice` to standard error;
// from then on SIGINT has its default effect. SIGHUP stays ignored where it was (nohup). Once per process.
[[nodiscard]] const std::atomic<bool>& stop_on_signals(const std::string& notice);

// Writing into a closed pipe, or beyond the largest size that a file may have (ulimit -f), becomes an error
// of the write instead of the program's end.
void fail_writes_without_signal();

}  // namespace tf_injector::detail::cli
