#include "cli/download_arguments.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/campaign_flags.hpp"
#include "cli/command_parser.hpp"
#include "cli/console/console_flags.hpp"
#include "cli/flag_values.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::cli {
namespace {

constexpr const char* kExamples = R"(Examples:
  tf_injector download CIFAR10
  tf_injector download GTSRB --to /data/GTSRB
  tf_injector download CIFAR100 --url https://mirror.example/sets/

Exit codes: 0 done, 2 wrong command line, 4 file not written, 9 fetching failed, 75 interrupted.)";

void check(const DownloadArguments& download) {
  if (download.dataset.empty()) {
    throw Error(ErrorKind::usage,
                fmt::format("download needs a DATASET: {}", fmt::join(dataset_names(), ", ")));
  }
  static_cast<void>(parse_choice("DATASET", download.dataset, dataset_names()));
  if (download.sha256.empty()) return;
  if (download.mirrors.empty() || download.dataset == "GTSRB") {
    throw Error(ErrorKind::usage, "--sha256 goes with --url, and with a set that is one file");
  }
  const bool is_hash = download.sha256.size() == 64 &&
                       download.sha256.find_first_not_of("0123456789abcdef") == std::string::npos;
  if (!is_hash) {
    throw Error(ErrorKind::usage,
                fmt::format("--sha256: expected 64 digits of 0-9 and a-f, found '{}'", download.sha256));
  }
}

}  // namespace

Arguments parse_download(const std::vector<std::string>& words) {
  DownloadArguments download;
  CommandParser parser(
      "download",
      "Fetches a test set from its home page and compares it with its published hash.\nWhat is "
      "there already is kept; what was cut short goes on.",
      "download DATASET [FLAGS]", kExamples);
  parser.positional("DATASET", "CIFAR10, CIFAR100 or GTSRB", download.dataset);
  parser.text("--to", "FOLDER", "Where it is put (default: datasets/DATASET, where run looks for it)",
              download.folder);
  parser.texts(
      "--url", "ADDRESS",
      "Instead of the home page: a folder (it ends in /) that holds the files under their own names, "
      "or the file itself. Given several times: tried in this order",
      download.mirrors);
  parser.text("--sha256", "HASH", "With --url: the file's SHA-256, where it is not the published archive",
              download.sha256);
  add_console_flags(parser, download.progress, download.quiet);
  if (const auto text = parser.parse(words)) return PrintText{*text};
  check(download);
  return download;
}

}  // namespace tf_injector::cli
