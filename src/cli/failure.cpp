#include "cli/failure.hpp"

#include <fmt/format.h>

#include <new>

#include "tf_injector/error.hpp"

namespace tf_injector::detail::cli {
namespace {

constexpr const char* kPleaseReport =
    "This is a mistake in tf_injector; please report it with the command line.";

std::string hint_for(ErrorKind kind, const std::string& command) {
  switch (kind) {
    case ErrorKind::usage:
      return fmt::format("'tf_injector {} --help' lists the flags.", command);
    case ErrorKind::internal:
      return kPleaseReport;
    default:
      return "";
  }
}

}  // namespace

Failure describe_failure(const std::exception_ptr& exception, const std::string& command) {
  try {
    std::rethrow_exception(exception);
  } catch (const Error& error) {
    return {error.exit_code(), error.what(), hint_for(error.kind(), command)};
  } catch (const std::bad_alloc&) {
    return {static_cast<int>(ErrorKind::out_of_memory),
            "out of memory; a smaller --memory, --tile or --threads needs less", ""};
  } catch (const std::exception& error) {
    return {static_cast<int>(ErrorKind::internal), fmt::format("internal error: {}", error.what()),
            kPleaseReport};
  } catch (...) {
    return {static_cast<int>(ErrorKind::internal), "internal error of unknown kind", kPleaseReport};
  }
}

}  // namespace tf_injector::detail::cli
