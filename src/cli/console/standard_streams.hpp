// Descriptors 0, 1 and 2: none of them may lead into a file that the program writes.
#pragma once

#include <string>

namespace tf_injector::detail::cli {

// A program may be started with standard input, output or error closed (`>&-`). The next file that is opened,
// a report for instance, would get that number, and what is printed would be written over it. Call it first:
// each closed one of the three is taken by a descriptor that can be neither read nor written, so that using
// it stays the error that it was. False when there is none to be had.
[[nodiscard]] bool take_closed_standard_streams() noexcept;

// "standard output" or "standard error", when it is redirected into this very file; else "". What is printed
// would be written into it.
[[nodiscard]] std::string standard_stream_into(const std::string& path);
// Throws Error(usage) then: the file would hold what is printed as well. `flag` names it.
void require_own_file(const char* flag, const std::string& path);

}  // namespace tf_injector::detail::cli
