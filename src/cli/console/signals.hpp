// Ctrl-C and its kin: how SIGINT, SIGTERM and SIGHUP end the program, and that no other signal does.
#pragma once

#include <atomic>
#include <string>

namespace tf_injector::detail::cli {

// From now on each of the three ends the program at once: it writes `last_words` to standard error, removes
// temporary files and exits with code 75. That is safe at any moment, as a kill is: what is on the disk can
// be gone on with. SIGHUP stays ignored where it was (nohup).
void end_on_signals(const std::string& last_words);

// From now on the first of the three sets the flag that is returned, so that work in hand is brought to an
// end. Where that takes longer than 75 ms, and with a second signal, the program ends as above.
[[nodiscard]] const std::atomic<bool>& stop_on_signals(const std::string& last_words);

// Writing into a closed pipe, or beyond the largest size that a file may have (ulimit -f), becomes an error
// of the write instead of the program's end.
void fail_writes_without_signal();

}  // namespace tf_injector::detail::cli
