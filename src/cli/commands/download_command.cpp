#include "cli/commands/download_command.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <optional>
#include <ostream>

#include "cli/console/console.hpp"
#include "cli/console/signals.hpp"
#include "cli/flag_values.hpp"
#include "core/wall_clock.hpp"
#include "tf_injector/datasets.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail::cli {
namespace {

// What is reported file by file, as transfers.
class TransferReporter {
 public:
  explicit TransferReporter(Console& console) : console_(console) {}

  void report(const std::string& file, uint64_t done, std::optional<uint64_t> total) {
    if (transfer_.file != file || done < transfer_.done) {  // the first report, or a new attempt
      begin_ = Clock::now();
      transfer_ = {};
      transfer_.file = file;
      transfer_.before = done;
    }
    transfer_.done = done;
    transfer_.total = total;
    transfer_.seconds = seconds_since(begin_);
    if (total || done > transfer_.before) console_.progress(transfer_);
  }

 private:
  Console& console_;
  Transfer transfer_;
  Clock::time_point begin_;
};

}  // namespace

HelpText DownloadCommand::help() const {
  return {
      "Fetches a test set from its home page and compares it with its published hash.\n"
      "What is there already is kept; what was cut short goes on.",
      "download DATASET [FLAGS]", R"(Examples:
  tf_injector download CIFAR10
  tf_injector download GTSRB --to /data/GTSRB
  tf_injector download CIFAR100 --url https://mirror.example/sets/

Exit codes: 0 done, 2 wrong command line, 4 file not written, 9 fetching failed, 75 interrupted.)"};
}

void DownloadCommand::add_flags(CommandParser& parser) {
  parser.positional("DATASET", "CIFAR10, CIFAR100 or GTSRB", dataset, dataset_names());
  parser.text("--to", "FOLDER", "Where it is put (default: datasets/DATASET, where run looks for it)",
              folder);
  parser.texts(
      "--url", "ADDRESS",
      "Instead of the home page: a folder (it ends in /) that holds the files under their own names, "
      "or the file itself. Given several times: tried in this order",
      mirrors);
  parser.text("--sha256", "HASH", "With --url: the file's SHA-256, where it is not the published archive",
              sha256);
  add_console_flags(parser, console);
}

void DownloadCommand::check() {
  if (dataset.empty()) {
    throw Error(ErrorKind::usage,
                fmt::format("download needs a DATASET: {}", fmt::join(dataset_names(), ", ")));
  }
  static_cast<void>(parse_choice("DATASET", dataset, dataset_names()));
  if (sha256.empty()) return;
  if (mirrors.empty() || dataset == "GTSRB") {
    throw Error(ErrorKind::usage, "--sha256 goes with --url, and with a set that is one file");
  }
  const bool is_hash =
      sha256.size() == 64 && sha256.find_first_not_of("0123456789abcdef") == std::string::npos;
  if (!is_hash) {
    throw Error(ErrorKind::usage,
                fmt::format("--sha256: expected 64 digits of 0-9 and a-f, found '{}'", sha256));
  }
}

void DownloadCommand::run(const CommandContext& context) const {
  TransferReporter transfers(context.console);
  fetch_dataset(
      {.name = dataset,
       .folder = folder.empty() ? "datasets/" + dataset : folder,
       .mirrors = mirrors,
       .sha256 = sha256,
       .message = [&context](const std::string& line) { context.console.message(line); },
       .progress = [&transfers](const std::string& file, uint64_t done,
                                std::optional<uint64_t> total) { transfers.report(file, done, total); },
       .fetched =
           [&context](const FetchedFile& file) {
             context.console.finish();
             context.out << fmt::format("{}: {} bytes, SHA-256 {}\n", file.path, file.bytes, file.sha256)
                         << std::flush;
           },
       .stop = &stop_on_signals(
           context.console.last_words("interrupted: what was fetched is kept; the same command goes on"))});
}

}  // namespace tf_injector::detail::cli
