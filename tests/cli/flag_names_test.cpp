#include "cli/console/flag_names.hpp"

#include <gtest/gtest.h>

namespace tf_injector::cli {
namespace {

TEST(FlagNames, OptionsAreNamedAsFlags) {
  EXPECT_EQ(with_flags("`batch_size` is 0; see `limit`"), "--batch-size is 0; see --limit");
  EXPECT_EQ(with_flags("choose another `report`, or take it with `overwrite`"),
            "choose another --report, or take it with --overwrite");
}

TEST(FlagNames, WhatIsNoOptionIsLeftAlone) {
  for (const char* text : {"", "no option", "a`b", "`", "``", "`x.csv`: no such file", "`Limit`", "limit"})
    EXPECT_EQ(with_flags(text), text);
  EXPECT_EQ(with_flags("`x`limit`"), "`x--limit");
}

}  // namespace
}  // namespace tf_injector::cli
