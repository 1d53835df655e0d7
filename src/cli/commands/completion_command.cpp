#include "cli/commands/completion_command.hpp"

#include <ostream>

#include "cli/command_table.hpp"
#include "cli/flag_values.hpp"
#include "cli/text/shell_completion.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail::cli {

HelpText CompletionCommand::help() const {
  return {"Prints a script that makes a shell complete tf_injector's command lines.", "completion {bash,zsh}",
          R"(Examples:
  source <(tf_injector completion bash)
  tf_injector completion bash > ~/.local/share/bash-completion/completions/tf_injector
  tf_injector completion zsh > ~/.zfunc/_tf_injector      (with ~/.zfunc in fpath))"};
}

void CompletionCommand::add_flags(CommandParser& parser) {
  parser.positional("SHELL", "bash or zsh", shell, {"bash", "zsh"});
}

void CompletionCommand::check() {
  if (shell.empty()) throw Error(ErrorKind::usage, "a shell is required: bash or zsh");
  shell = parse_choice("SHELL", shell, {"bash", "zsh"});
}

void CompletionCommand::run(const CommandContext& context) const {
  context.out << (shell == "bash" ? bash_completion(command_texts()) : zsh_completion(command_texts()));
}

}  // namespace tf_injector::detail::cli
