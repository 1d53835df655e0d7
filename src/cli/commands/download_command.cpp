#include <fmt/format.h>

#include <map>
#include <optional>

#include "cli/commands.hpp"
#include "cli/console/signals.hpp"
#include "core/wall_clock.hpp"
#include "tf_injector/datasets.hpp"

namespace tf_injector::cli {
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

void download_command(const DownloadArguments& arguments, std::ostream& out, Console& console) {
  TransferReporter transfers(console);
  fetch_dataset(
      {.name = arguments.dataset,
       .folder = arguments.folder.empty() ? "datasets/" + arguments.dataset : arguments.folder,
       .mirrors = arguments.mirrors,
       .sha256 = arguments.sha256,
       .message = [&console](const std::string& line) { console.message(line); },
       .progress = [&transfers](const std::string& file, uint64_t done,
                                std::optional<uint64_t> total) { transfers.report(file, done, total); },
       .fetched =
           [&](const FetchedFile& file) {
             console.finish();
             out << fmt::format("{}: {} bytes, SHA-256 {}\n", file.path, file.bytes, file.sha256)
                 << std::flush;
           },
       .stop = &stop_on_signals("")});
}

}  // namespace tf_injector::cli
