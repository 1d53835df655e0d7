// The program.
#pragma once

namespace tf_injector::detail::cli {

// Everything main does. Returns the exit code.
int run_program(int argc, char** argv);

}  // namespace tf_injector::detail::cli
