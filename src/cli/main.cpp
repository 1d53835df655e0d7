// Entry point; everything else is in the library, where tests reach it.
#include "cli/program.hpp"

int main(int argc, char** argv) { return tf_injector::detail::cli::run_program(argc, argv); }
