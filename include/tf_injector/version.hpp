// Which version of the library this is.
#pragma once

namespace tf_injector {

// "0.1.0"
[[nodiscard]] const char* version() noexcept;

}  // namespace tf_injector
