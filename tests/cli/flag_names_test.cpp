#include "cli/console/flag_names.hpp"

#include <gtest/gtest.h>

#include "cli/command_table.hpp"

namespace tf_injector::detail::cli {
namespace {

TEST(FlagNames, OptionsAreNamedAsFlags) {
  EXPECT_EQ(with_flags("`batch_size` is 0; see `limit`"), "--batch-size is 0; see --limit");
  EXPECT_EQ(with_flags("choose another `report`, or take it with `overwrite`"),
            "choose another --report, or take it with --overwrite");
}

TEST(FlagNames, EveryOneIsAFlagOfSomeSubCommand) {
  std::string help;
  for (const char* name :
       {"run", "estimate", "generate", "report", "validate", "bench", "verify", "download"})
    help += parse_command_line({name, "--help"}).text;
  for (std::string_view option : options_with_flags()) {
    const std::string flag = with_flags("`" + std::string(option) + "`");
    EXPECT_TRUE(help.find(flag + " ") != std::string::npos || help.find(flag + "\n") != std::string::npos)
        << flag;
  }
}

TEST(FlagNames, WhatIsNoOptionIsLeftAlone) {
  for (const char* text : {"", "no option", "a`b", "`", "``", "`x.csv`: no such file", "`Limit`", "limit"})
    EXPECT_EQ(with_flags(text), text);
  EXPECT_EQ(with_flags("`x`limit`"), "`x--limit");
}

}  // namespace
}  // namespace tf_injector::detail::cli
