// Entry point; everything else is in the library, where tests reach it.
#include <unistd.h>

#include "cli/program.hpp"
#include "tf_injector/error.hpp"

int main(int argc, char** argv) {
  const int exit_code = tf_injector::detail::cli::run_program(argc, argv);
  // Libraries that were refused memory may fall over while they clean up.
  if (exit_code == static_cast<int>(tf_injector::ErrorKind::out_of_memory)) ::_exit(exit_code);
  return exit_code;
}
