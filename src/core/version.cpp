#include "tf_injector/version.hpp"

namespace tf_injector {

const char* version() noexcept { return TFI_VERSION; }

}  // namespace tf_injector
