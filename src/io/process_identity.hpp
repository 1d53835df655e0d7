// Which process this is, in a form that another one, also later and elsewhere, can compare with what runs.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tf_injector::detail {

struct ProcessIdentity {
  // Of the host's name, its boot and the processes that can be seen there (a container has its own): 16
  // hexadecimal digits. "": not known.
  std::string machine;
  int64_t process = 0;
  uint64_t start = 0;  // when it was started, in the kernel's clock ticks since the boot; 0: not known

  bool operator==(const ProcessIdentity&) const = default;
};

[[nodiscard]] ProcessIdentity this_process();
// True only if it is certain: it was on this machine, and there is no such process any more, or one that was
// started at another time.
[[nodiscard]] bool is_gone(const ProcessIdentity& process);

// "0123456789abcdef-77-1234" and back; nothing if the text is no identity.
[[nodiscard]] std::string identity_text(const ProcessIdentity& process);
[[nodiscard]] std::optional<ProcessIdentity> parse_identity(std::string_view text);

// Of this host; "" if it has none.
[[nodiscard]] std::string host_name();

}  // namespace tf_injector::detail
