// Ctrl-C and its kin: the first asks the run to stop, a second Ctrl-C ends the program.
#pragma once

#include <atomic>

namespace tf_injector::cli {

// SIGINT, SIGTERM and SIGHUP set the flag that is returned; the second SIGINT has its default effect. SIGHUP
// stays ignored where it was (nohup). `announce`: say on standard error that the run is stopping. Once per
// process.
[[nodiscard]] const std::atomic<bool>& stop_on_signals(bool announce);

// Writing into a closed pipe becomes an error of the write instead of the program's end.
void ignore_broken_pipes();

}  // namespace tf_injector::cli
