#include "cli/text/manual_page.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "tf_injector/version.hpp"

namespace tf_injector::detail::cli {
namespace {

// Text in which nothing is a request of man's: no line begins with one, minus signs can be copied.
std::string plain(const std::string& text) {
  std::string safe;
  bool begins_line = true;
  for (char c : text) {
    if (begins_line && (c == '.' || c == '\'')) safe += "\\&";
    if (c == '\\') {
      safe += "\\e";
    } else if (c == '-') {
      safe += "\\-";
    } else {
      safe += c;
    }
    begins_line = c == '\n';
  }
  return safe;
}

std::string flag_text(const FlagText& flag) {
  std::string head;
  for (const std::string& name : flag.names)
    head += (head.empty() ? "" : ", ") + fmt::format("\\fB{}\\fR", plain(name));
  if (!flag.placeholder.empty() && !flag.is_argument())
    head += fmt::format(" \\fI{}\\fR", plain(flag.placeholder));
  return fmt::format(".TP\n{}\n{}\n", head, plain(flag.description));
}

std::string command_text(const CommandText& command) {
  std::string text = fmt::format(".SS {}\n{}\n.PP\n\\fBtf_injector\\fR {}\n", plain(command.name),
                                 plain(command.description), plain(command.usage));
  std::string group;
  for (const FlagText& flag : command.flags) {
    if (flag.group != group && flag.group != "Options")
      text += fmt::format(".PP\n\\fI{}\\fR\n", plain(flag.group));
    group = flag.group;
    text += flag_text(flag);
  }
  return text + fmt::format(".PP\n.nf\n{}\n.fi\n", plain(command.examples));
}

}  // namespace

std::string manual_page(const std::vector<CommandText>& commands) {
  std::string text = fmt::format(".TH TF_INJECTOR 1 \"\" \"tf_injector {}\" \"User Commands\"\n", version());
  text +=
      ".SH NAME\ntf_injector \\- exact, fast fault injection for the weights of Keras networks\n.SH "
      "SYNOPSIS\n";
  for (const CommandText& command : commands)
    text += fmt::format("\\fBtf_injector\\fR {}\n.br\n", plain(command.usage));
  text +=
      ".SH DESCRIPTION\nFlips single bits of the weights of a Keras network, evaluates it on a test set, "
      "compares with the "
      "run without a fault, and writes a report with a row per fault. Scores equal TensorFlow's in every "
      "bit.\n"
      ".SH SUB-COMMANDS\n";
  for (const CommandText& command : commands) text += command_text(command);
  text += ".SH EXIT STATUS\n";
  constexpr std::pair<int, const char*> kCodes[] = {
      {0, "done"},
      {1, "a mistake of the program"},
      {2, "wrong command line"},
      {3, "bad input"},
      {4, "output could not be written"},
      {5, "another run owns the report"},
      {6, "a report cannot be gone on with: what differs is said"},
      {7, "the self-check failed"},
      {8, "out of memory"},
      {9, "fetching failed"},
      {75, "interrupted; the same command goes on"}};
  for (const auto& [code, meaning] : kCodes) text += fmt::format(".TP\n{}\n{}\n", code, meaning);
  text += ".SH ENVIRONMENT\n.TP\nNO_COLOR\nno colours\n.TP\nSLURM_CPUS_PER_TASK\nbounds the threads\n";
  return text;
}

}  // namespace tf_injector::detail::cli
