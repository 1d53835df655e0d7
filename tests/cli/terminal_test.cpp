#include "cli/console/terminal.hpp"

#include <gtest/gtest.h>

#include <map>

namespace tf_injector::detail::cli {
namespace {

using Variables = std::map<std::string, std::string>;

Terminal terminal_with(bool is_terminal, int columns, const Variables& variables) {
  return describe_terminal(is_terminal, columns, [&](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    if (found == variables.end()) return std::nullopt;
    return found->second;
  });
}

TEST(DescribeTerminal, BarAndColourOnRealTerminalsOnly) {
  EXPECT_TRUE(terminal_with(true, 100, {{"TERM", "xterm"}}).interactive);
  EXPECT_TRUE(terminal_with(true, 100, {{"TERM", "xterm"}}).color);
  EXPECT_FALSE(terminal_with(true, 100, {{"TERM", "dumb"}}).interactive);
  EXPECT_FALSE(terminal_with(true, 100, {}).interactive);
  EXPECT_FALSE(terminal_with(false, 100, {{"TERM", "xterm"}}).interactive);
  EXPECT_FALSE(terminal_with(false, 100, {{"TERM", "xterm"}}).color);
}

TEST(DescribeTerminal, NoColor) {
  EXPECT_FALSE(terminal_with(true, 0, {{"TERM", "xterm"}, {"NO_COLOR", "1"}}).color);
  EXPECT_TRUE(terminal_with(true, 0, {{"TERM", "xterm"}, {"NO_COLOR", "1"}}).interactive);
  EXPECT_TRUE(terminal_with(true, 0, {{"TERM", "xterm"}, {"NO_COLOR", ""}}).color);
}

TEST(DescribeTerminal, Width) {
  EXPECT_EQ(terminal_with(true, 132, {{"COLUMNS", "40"}}).columns, 132);
  EXPECT_EQ(terminal_with(true, 0, {{"COLUMNS", "40"}}).columns, 40);
  EXPECT_EQ(terminal_with(true, 0, {{"COLUMNS", "x"}}).columns, 80);
  EXPECT_EQ(terminal_with(true, 0, {{"COLUMNS", "-5"}}).columns, 80);
  EXPECT_EQ(terminal_with(false, 0, {}).columns, 80);
}

TEST(DescribeTerminal, UnicodeByTheFirstLocaleVariableThatIsSet) {
  EXPECT_TRUE(terminal_with(true, 0, {{"TERM", "xterm"}, {"LANG", "de_DE.UTF-8"}}).unicode);
  EXPECT_TRUE(terminal_with(true, 0, {{"TERM", "xterm"}, {"LC_ALL", "C.utf8"}, {"LANG", "C"}}).unicode);
  EXPECT_FALSE(terminal_with(true, 0, {{"TERM", "xterm"}, {"LC_ALL", "C"}, {"LANG", "en_US.UTF-8"}}).unicode);
  EXPECT_FALSE(terminal_with(true, 0, {{"TERM", "xterm"}}).unicode);
  EXPECT_FALSE(terminal_with(false, 0, {{"TERM", "xterm"}, {"LANG", "de_DE.UTF-8"}}).unicode);
}

}  // namespace
}  // namespace tf_injector::detail::cli
