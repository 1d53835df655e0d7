#include "cli/failure.hpp"

#include <fmt/format.h>

#include <new>

#include "cli/out_of_memory.hpp"
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

Failure without_memory() {
  return {static_cast<int>(ErrorKind::out_of_memory),
          "out of memory; a smaller --memory, --tile or --threads needs less", ""};
}

// What a C library fails at is told as a file that is damaged, as one that cannot be written, or as a mistake
// of ours.
bool may_lack_memory(ErrorKind kind) {
  return kind == ErrorKind::internal || kind == ErrorKind::bad_input || kind == ErrorKind::output ||
         kind == ErrorKind::download;
}

}  // namespace

Failure describe_failure(const std::exception_ptr& exception, const std::string& command) {
  try {
    std::rethrow_exception(exception);
  } catch (const Error& error) {
    if (memory_was_refused() && may_lack_memory(error.kind())) return without_memory();
    return {error.exit_code(), error.what(), hint_for(error.kind(), command)};
  } catch (const std::bad_alloc&) {
    return without_memory();
  } catch (const std::exception& error) {
    if (memory_was_refused()) return without_memory();
    return {static_cast<int>(ErrorKind::internal), fmt::format("internal error: {}", error.what()),
            kPleaseReport};
  } catch (...) {
    return {static_cast<int>(ErrorKind::internal), "internal error of unknown kind", kPleaseReport};
  }
}

}  // namespace tf_injector::detail::cli
