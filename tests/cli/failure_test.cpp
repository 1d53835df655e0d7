#include "cli/failure.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <new>
#include <stdexcept>

#include "tf_injector/error.hpp"

namespace tf_injector::detail::cli {
namespace {

template <typename Exception>
Failure failure_of(const Exception& exception, const std::string& command = "run") {
  return describe_failure(std::make_exception_ptr(exception), command);
}

TEST(DescribeFailure, KindsAreExitCodes) {
  EXPECT_EQ(failure_of(ModelError("m")).exit_code, 3);
  EXPECT_EQ(failure_of(DatasetError("m")).exit_code, 3);
  EXPECT_EQ(failure_of(FaultListError("a\nb")).exit_code, 3);
  EXPECT_EQ(failure_of(FaultListError("a\nb")).text, "a\nb");
  EXPECT_EQ(failure_of(OutputError("m")).exit_code, 4);
  EXPECT_EQ(failure_of(Error(ErrorKind::busy, "m")).exit_code, 5);
  EXPECT_EQ(failure_of(Error(ErrorKind::resume, "m")).exit_code, 6);
  EXPECT_EQ(failure_of(Error(ErrorKind::download, "m")).exit_code, 9);
  EXPECT_EQ(failure_of(Error(ErrorKind::interrupted, "m")).exit_code, 75);
  EXPECT_EQ(failure_of(Error(ErrorKind::interrupted, "m")).hint, "");
}

TEST(DescribeFailure, UsageErrorsPointToTheHelpOfTheirCommand) {
  EXPECT_EQ(failure_of(Error(ErrorKind::usage, "m"), "inspect").exit_code, 2);
  EXPECT_EQ(failure_of(Error(ErrorKind::usage, "m"), "inspect").hint,
            "'tf_injector inspect --help' lists the flags.");
}

TEST(DescribeFailure, MemoryRunsOut) {
  const Failure failure = failure_of(std::bad_alloc());
  EXPECT_EQ(failure.exit_code, 8);
  EXPECT_THAT(failure.text, testing::StartsWith("out of memory"));
}

TEST(DescribeFailure, AnythingElseIsOurMistake) {
  for (const Failure& failure : {failure_of(std::out_of_range("vector::at")), failure_of(7),
                                 failure_of(Error(ErrorKind::internal, "m"))}) {
    EXPECT_EQ(failure.exit_code, 1);
    EXPECT_THAT(failure.hint, testing::HasSubstr("please report"));
  }
  EXPECT_EQ(failure_of(std::out_of_range("vector::at")).text, "internal error: vector::at");
}

}  // namespace
}  // namespace tf_injector::detail::cli
