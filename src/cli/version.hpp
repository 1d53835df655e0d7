// The program's version, as CMake's project() says it.
#pragma once

namespace tf_injector::cli {

inline constexpr const char* kVersion = TFI_VERSION;

}  // namespace tf_injector::cli
