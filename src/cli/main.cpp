// Entry point: routes to the sub-commands.
#include "cli/commands.hpp"

int main(int argc, char** argv) { return tf_injector::cli::run_program(argc, argv); }
