// A receiver of messages for the user, which a caller may leave empty.
#pragma once

#include <functional>
#include <string>
#include <utility>

namespace tf_injector::detail {

using Message = std::function<void(const std::string&)>;  // called with one line at a time; may be empty

// `message`, which is then safe to call; a function that does nothing if it is empty.
[[nodiscard]] inline Message or_silent(Message message) {
  if (message) return message;
  return [](const std::string&) {};
}

}  // namespace tf_injector::detail
