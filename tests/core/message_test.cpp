#include "core/message.hpp"

#include <gtest/gtest.h>

namespace tf_injector::detail {
namespace {

TEST(Message, MayBeEmptyAndThenSaysNothing) {
  or_silent({})("to nobody");
  std::string heard;
  or_silent([&](const std::string& line) { heard += line; })("a line");
  EXPECT_EQ(heard, "a line");
}

}  // namespace
}  // namespace tf_injector::detail
