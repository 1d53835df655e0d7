// Repeats a system call that a signal interrupted.
#pragma once

#include <cerrno>

namespace tf_injector::detail {

// `call` returns -1 and sets errno where it fails. Safe for fsync too: on EINTR no write error has been
// reported yet, so none is lost.
template <typename Call>
auto retry_interrupted(Call call) {
  auto result = call();
  while (result == -1 && errno == EINTR) result = call();
  return result;
}

}  // namespace tf_injector::detail
