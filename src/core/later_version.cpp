#include "core/later_version.hpp"

#include <fmt/format.h>

#include "core/printable.hpp"
#include "tf_injector/version.hpp"

namespace tf_injector::detail {

std::string later_version(const std::string& writer, int64_t schema, int known) {
  return fmt::format(
      "written by a later version of tf_injector ({}schema {}; this is {}, which knows schemas up to {}): "
      "use it "
      "with that version or a later one",
      writer.empty() ? "" : printable(writer) + ", ", schema, version(), known);
}

}  // namespace tf_injector::detail
