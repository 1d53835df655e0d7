#include "cli/program.hpp"

#include <unistd.h>

#include <exception>
#include <iostream>
#include <memory>
#include <new>
#include <ostream>

#include "cli/command_table.hpp"
#include "cli/console/console.hpp"
#include "cli/console/descriptor_output.hpp"
#include "cli/console/safe_output.hpp"
#include "cli/console/signals.hpp"
#include "cli/console/standard_streams.hpp"
#include "cli/console/terminal.hpp"
#include "cli/failure.hpp"
#include "cli/out_of_memory.hpp"
#include "core/process_memory.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail::cli {
namespace {

constexpr const char* kInterrupted = "interrupted; run the same command again";

// What commands print: whatever stands in files and names goes through `safe`.
struct StandardOutput {
  explicit StandardOutput(const std::vector<std::string>& words)
      : data(&descriptor), safe(words), buffer(&descriptor, safe), out(&buffer) {}
  void flush() {
    out.flush();
    data.flush();
  }

  DescriptorOutput descriptor{STDOUT_FILENO};
  std::ostream data;  // byte for byte
  SafeText safe;
  SafeOutput buffer;
  std::ostream out;
};

// A result that did not get out is an error, but only at the end: it stops no campaign.
void check_standard_output(StandardOutput& output) {
  output.flush();
  if (output.out && output.data) return;
  if (memory_was_refused()) throw std::bad_alloc();  // streams keep it to themselves
  throw OutputError("standard output could not be written; not all results were printed");
}

// Says why the program ends, and returns the exit code. `output` and `console`: null where there was no
// memory for them.
int report_failure(const std::exception_ptr& exception, const std::vector<std::string>& words,
                   StandardOutput* output, Console* console) noexcept {
  try {
    const Failure failure = describe_failure(exception, command_of(words));
    if (output != nullptr) output->flush();
    if (console != nullptr) {
      console->error(failure.text, failure.exit_code, failure.hint);
      if (failure.exit_code == static_cast<int>(ErrorKind::out_of_memory)) out_of_memory_is_said();
      return failure.exit_code;
    }
  } catch (...) {  // no memory for the text
  }
  return say_out_of_memory();
}

}  // namespace

int run_program(int argc, char** argv) {
  const CleanEndWithoutMemory clean_end;
  const bool streams_are_safe = take_closed_standard_streams();
  fail_writes_without_signal();
  end_on_signals(std::string(kInterrupted) + "\n");
  give_back_large_blocks();
  std::vector<std::string> words;
  std::unique_ptr<StandardOutput> output;
  std::unique_ptr<Console> console;
  try {
    const std::vector<std::string> command_line(argv, argv + argc);
    words.assign(command_line.begin() + (argc > 0 ? 1 : 0), command_line.end());
    output = std::make_unique<StandardOutput>(words);
    console =
        make_console({.progress = ProgressMode::none}, std::cerr, standard_error_terminal, output->safe);
    if (!streams_are_safe) throw OutputError("no more files can be opened; raise the limit (ulimit -n)");
    const ParsedLine line = parse_command_line(words);
    output->data << line.text;
    int exit_code = 0;
    if (line.command) {
      console =
          make_console(line.command->console_options(), std::cerr, standard_error_terminal, output->safe);
      end_on_signals(console->last_words(kInterrupted));
      line.command->run({command_line, line.configuration, output->out, output->data, *console, exit_code});
    }
    check_standard_output(*output);
    return exit_code;
  } catch (...) {
    return report_failure(std::current_exception(), words, output.get(), console.get());
  }
}

}  // namespace tf_injector::detail::cli
