// Which version of the library this is.
#pragma once

namespace tf_injector {

// such as "0.2.0"
[[nodiscard]] const char* version() noexcept;

}  // namespace tf_injector
