#include "report/report_owner.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <filesystem>
#include <optional>

#include "core/json.hpp"
#include "core/printable.hpp"
#include "io/file.hpp"
#include "io/posix.hpp"
#include "io/posix_names.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kMetadataSuffix = ".run.json";

// The names in metadata of any version; nothing if the text is no metadata.
struct NamedFiles {
  std::string report;
  std::string score_folder;  // "": none
  std::string details;       // file, with its path where it is in another folder; "": none
};
std::optional<NamedFiles> names_in(const std::string& metadata_path) {
  Json json;
  try {
    json = Json::parse(read_text(metadata_path));
  } catch (const JsonError&) {
    return std::nullopt;
  }
  const Json *report = json.find({"report", "file"}), *folder = json.find({"scores", "folder"});
  const Json* details = json.find({"details", "file"});
  if (report == nullptr || !report->is_string()) return std::nullopt;
  NamedFiles names{.report = report->text(), .score_folder = "", .details = ""};
  if (folder != nullptr && folder->is_string()) names.score_folder = folder->text();
  if (details != nullptr && details->is_string()) names.details = details->text();
  return names;
}

// The file in the folder of `path` that metadata name. Only the name is used, even if they hold a path.
std::string beside(const std::string& path, const std::string& name) {
  return posix::folder_of(path) + "/" + fs::path(name).filename().string();
}

bool same_file(const std::string& a, const std::string& b) {
  std::error_code ignored;
  return fs::equivalent(a, b, ignored);
}

// The first report in the folder, other than `own`, that is there and of whose metadata
// owns(folder, what they name) holds; "": none.
template <typename Owns>
std::string other_owner(const std::string& folder, const ReportPaths& own, const Owns& owns) {
  int ignored = 0;
  for (const std::string& name : posix::names_in_folder(folder, ignored)) {
    const std::string metadata = (fs::path(folder) / name).string();
    if (!metadata.ends_with(kMetadataSuffix) || same_file(metadata, own.metadata)) continue;
    std::optional<NamedFiles> names;
    try {
      names = names_in(metadata);
    } catch (const Error&) {  // unreadable metadata name nothing
    }
    if (!names) continue;
    std::string owner = beside(metadata, names->report);
    if (file_exists(owner) && owns(folder, *names)) return owner;
  }
  return "";
}

}  // namespace

void require_own_metadata(const ReportPaths& paths, bool report_exists, bool overwrite) {
  if (!file_exists(paths.metadata)) return;
  const std::optional<NamedFiles> names = names_in(paths.metadata);
  if (!names) {
    if (report_exists) return;  // damaged metadata of this report: reported when they are read
    throw Error(
        ErrorKind::resume,
        fmt::format("{}: stands where the metadata of {} go, and holds no metadata; choose another `report`",
                    paths.metadata, paths.report));
  }
  if (names->report == fs::path(paths.report).filename().string()) return;
  const std::string owner = beside(paths.report, names->report);
  if (file_exists(owner)) {
    if (same_file(owner, paths.report)) return;
    throw Error(
        ErrorKind::resume,
        fmt::format(
            "{}: its metadata would be {}, which belong to the report {}; choose a `report` whose name "
            "without the suffix is its own",
            paths.report, paths.metadata, printable(owner, kUncut)));
  }
  if (report_exists || overwrite) return;
  throw Error(
      ErrorKind::resume,
      fmt::format("{}: its metadata would be {}, which are left over from the report {}; choose another "
                  "`report`, or take its place with `overwrite`",
                  paths.report, paths.metadata, printable(owner, kUncut)));
}

void require_own_scores(const ReportPaths& paths) {
  if (!file_exists(paths.scores)) return;
  const std::string owner = other_owner(
      posix::folder_of(paths.report), paths, [&](const std::string& folder, const NamedFiles& names) {
        return !names.score_folder.empty() &&
               same_file(beside(folder + "/", names.score_folder), paths.scores);
      });
  if (owner.empty()) return;
  throw Error(
      ErrorKind::resume,
      fmt::format("{}: its scores would go into {}, which belongs to the report {}; choose another `report`",
                  paths.report, paths.scores, printable(owner, kUncut)));
}

std::string other_owner_of_details(const ReportPaths& paths) {
  const auto names_details = [&](const std::string& folder, const NamedFiles& names) {
    return !names.details.empty() && same_file((fs::path(folder) / names.details).string(), paths.details);
  };
  for (const std::string& file : {paths.details, paths.report}) {
    std::string owner = other_owner(posix::folder_of(file), paths, names_details);
    if (!owner.empty()) return owner;
  }
  return "";
}

std::string followed_report_path(const std::string& path) {
  std::error_code error;
  if (!fs::is_symlink(path, error)) return path;
  const fs::path target = fs::canonical(path, error);
  if (!error) return target.string();
  const fs::path named = fs::read_symlink(path, error);
  throw OutputError(fmt::format("{}: is a symbolic link to '{}', which is not there; name the report itself",
                                path, named.string()));
}

bool has_other_names(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode) && info.st_nlink > 1;
}

}  // namespace tf_injector::detail
