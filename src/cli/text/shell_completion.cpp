#include "cli/text/shell_completion.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace tf_injector::detail::cli {
namespace {

std::vector<std::string> names_of(const std::vector<CommandText>& commands) {
  std::vector<std::string> names;
  for (const CommandText& command : commands) names.push_back(command.name);
  return names;
}

// Every name of every flag.
std::string flag_words(const CommandText& command) {
  std::string words;
  for (const FlagText& flag : command.flags)
    if (!flag.is_argument())
      words += (words.empty() ? "" : " ") + fmt::format("{}", fmt::join(flag.names, " "));
  return words;
}

// Whether the value names a file or a folder.
bool is_path(const FlagText& flag) {
  const std::string& value = flag.placeholder;
  return value == "FILE" || value == "PATH" || value == "FOLDER" || value == "LIST" || value == "MODEL";
}

// A case of bash for a flag that takes a value, behind it.
std::string value_case(const FlagText& flag) {
  const std::string names = fmt::format("{}", fmt::join(flag.names, "|"));
  if (!flag.words.empty())
    return fmt::format("        {}) COMPREPLY=($(compgen -W '{}' -- \"$word\")); return ;;\n", names,
                       fmt::join(flag.words, " "));
  return fmt::format("        {}) {}return ;;\n", names,
                     is_path(flag) ? "_tf_injector_files \"$word\"; " : "");
}

// A description between single quotes and brackets of zsh.
std::string zsh_text(const std::string& text) {
  std::string safe;
  for (char c : text) {
    if (c == '\'') {
      safe += "'\\''";
    } else if (c == '[' || c == ']' || c == ':' || c == '\\') {
      safe += std::string("\\") + c;
    } else {
      safe += c == '\n' ? ' ' : c;
    }
  }
  return safe;
}

std::string zsh_value(const FlagText& flag) {
  if (flag.placeholder.empty()) return "";
  const std::string name = zsh_text(flag.words.empty() ? flag.placeholder : "value");
  if (!flag.words.empty()) return fmt::format(":{}:({})", name, fmt::join(flag.words, " "));
  if (flag.placeholder == "FOLDER") return fmt::format(":{}:_files -/", name);
  return fmt::format(":{}:{}", name, is_path(flag) ? "_files" : "");
}

std::string zsh_flag(const FlagText& flag) {
  if (flag.is_argument()) {
    return fmt::format("'*:{}:{}'", zsh_text(flag.names.front()),
                       flag.words.empty() ? "_files" : fmt::format("({})", fmt::join(flag.words, " ")));
  }
  const std::string description = fmt::format("'[{}]{}'", zsh_text(flag.description), zsh_value(flag));
  if (flag.names.size() == 1) return flag.names.front() + description;
  return fmt::format("'({})'{{{}}}{}", fmt::join(flag.names, " "), fmt::join(flag.names, ","), description);
}

}  // namespace

std::string bash_completion(const std::vector<CommandText>& commands) {
  std::string text =
      R"(# Tab completion of tf_injector for bash: source it, or keep it among bash's completions.
_tf_injector_files() {
  local IFS=$'\n'
  compopt -o filenames 2>/dev/null
  COMPREPLY=($(compgen -f -- "$1"))
}

_tf_injector() {
  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
)";
  text += fmt::format("  local commands='{}' command={} flags=\n", fmt::join(names_of(commands), " "),
                      commands.front().name);
  text += R"(  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ] && [[ $word != -* ]]; then
    COMPREPLY=($(compgen -W "$commands" -- "$word"))
    return
  fi
  case " $commands " in *" ${COMP_WORDS[1]} "*) command=${COMP_WORDS[1]} ;; esac
  case $command in
)";
  for (const CommandText& command : commands) {
    text +=
        fmt::format("    {})\n      flags='{}'\n      case $before in\n", command.name, flag_words(command));
    for (const FlagText& flag : command.flags)
      if (!flag.is_argument() && !flag.placeholder.empty()) text += value_case(flag);
    text += "      esac\n      ;;\n";
  }
  text += R"(  esac
  if [[ $word == -* ]]; then
    COMPREPLY=($(compgen -W "$flags" -- "$word"))
)";
  for (const CommandText& command : commands) {
    for (const FlagText& flag : command.flags) {
      if (flag.is_argument() && !flag.words.empty()) {
        text += fmt::format(
            "  elif [ \"$command\" = {} ]; then\n    COMPREPLY=($(compgen -W '{}' -- \"$word\"))\n",
            command.name, fmt::join(flag.words, " "));
      }
    }
  }
  text += R"(  else
    _tf_injector_files "$word"
  fi
}

complete -F _tf_injector tf_injector
)";
  return text;
}

std::string zsh_completion(const std::vector<CommandText>& commands) {
  std::string text =
      "#compdef tf_injector\n# Tab completion of tf_injector for zsh: a file of a folder in fpath.\n"
      "_tf_injector() {\n  local -a commands=(\n";
  for (const CommandText& command : commands)
    text += fmt::format("    '{}:{}'\n", command.name, zsh_text(command.summary));
  text += fmt::format("  )\n  local command={}\n", commands.front().name);
  text += R"(  if (( CURRENT == 2 )) && [[ $words[2] != -* ]]; then
    _describe 'sub-command' commands
    return
  fi
  if (( ${commands[(I)$words[2]:*]} )); then
    command=$words[2]
    shift words
    (( CURRENT-- ))
  fi
  case $command in
)";
  for (const CommandText& command : commands) {
    text += fmt::format("    {})\n      _arguments -S", command.name);
    for (const FlagText& flag : command.flags) text += " \\\n        " + zsh_flag(flag);
    text += "\n      ;;\n";
  }
  return text +
         "  esac\n}\n\nif [ \"$funcstack[1]\" = _tf_injector ]; then\n  _tf_injector \"$@\"\nelse\n"
         "  compdef _tf_injector tf_injector\nfi\n";
}

}  // namespace tf_injector::detail::cli
