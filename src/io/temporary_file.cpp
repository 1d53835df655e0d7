#include "io/temporary_file.hpp"

#include <fmt/format.h>

#include <atomic>
#include <optional>
#include <string_view>

#include "io/posix.hpp"
#include "io/posix_names.hpp"
#include "io/process_identity.hpp"

namespace tf_injector::detail {
namespace {

constexpr std::string_view kTemporaryStart = ".tf_injector-", kTemporaryEnd = ".tmp";

bool is_temporary(std::string_view name) {
  return name.size() > kTemporaryStart.size() + kTemporaryEnd.size() && name.starts_with(kTemporaryStart) &&
         name.ends_with(kTemporaryEnd);
}

// Who made a file of this name; nothing if the name does not say.
std::optional<ProcessIdentity> maker_of(std::string_view name) {
  name.remove_prefix(kTemporaryStart.size());
  name.remove_suffix(kTemporaryEnd.size());
  return parse_identity(name.substr(0, name.rfind('-')));
}

}  // namespace

std::string temporary_path(const std::string& target) {
  static std::atomic<unsigned> counter{0};
  return fmt::format("{}/{}{}-{}{}", posix::folder_of(target), kTemporaryStart, identity_text(this_process()),
                     counter.fetch_add(1), kTemporaryEnd);
}

void remove_abandoned_files(const std::string& folder, bool is_owned) {
  int ignored = 0;
  for (const std::string& name : posix::names_in_folder(folder, ignored)) {
    if (!is_temporary(name)) continue;
    const std::optional<ProcessIdentity> maker = maker_of(name);
    const bool is_own = maker && *maker == this_process();
    if (!is_own && (is_owned || (maker && is_gone(*maker)))) posix::unlink_file(folder + "/" + name);
  }
}

}  // namespace tf_injector::detail
