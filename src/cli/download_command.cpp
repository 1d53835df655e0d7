#include <fmt/format.h>

#include <filesystem>
#include <optional>

#include "cli/commands.hpp"
#include "cli/signals.hpp"
#include "core/wall_clock.hpp"
#include "data/dataset_table.hpp"
#include "data/download.hpp"
#include "data/file_probe.hpp"
#include "io/sha256.hpp"

namespace tf_injector::cli {
namespace {

// What libcurl reports, file by file, as transfers.
class TransferTalk {
 public:
  TransferTalk(std::string file, Talk& talk) : talk_(talk) { transfer_.file = std::move(file); }

  void report(uint64_t done, std::optional<uint64_t> total) {
    if (!begin_ || done < transfer_.done) {  // the first report, or a new attempt
      begin_ = Clock::now();
      transfer_.before = done;
    }
    transfer_.done = done;
    transfer_.total = total;
    transfer_.seconds = seconds_since(*begin_);
    if (total || done > transfer_.before) talk_.progress(transfer_);
  }

 private:
  Talk& talk_;
  Transfer transfer_;
  std::optional<Clock::time_point> begin_;
};

std::vector<data::DownloadFile> wanted_files(const DownloadArguments& arguments) {
  std::vector<data::DownloadFile> files = data::named_set(arguments.dataset).downloads;
  if (!arguments.sha256.empty()) {
    files[0].hash_kind = data::HashKind::sha256;
    files[0].hash = arguments.sha256;
  }
  return files;
}

}  // namespace

void download_command(const DownloadArguments& arguments, std::ostream& out, Talk& talk) {
  const std::atomic<bool>& stop = stop_on_signals("");
  const std::string folder = arguments.folder.empty() ? "datasets/" + arguments.dataset : arguments.folder;
  data::DownloadOptions options;
  options.mirrors = arguments.mirrors;
  options.on_message = [&talk](const std::string& line) { talk.message(line); };
  for (const data::DownloadFile& file : wanted_files(arguments)) {
    TransferTalk transfer(file.name, talk);
    options.on_progress = [&](uint64_t done, std::optional<uint64_t> total) {
      transfer.report(done, total);
      return !stop;
    };
    data::download_files({&file, 1}, folder, options);
    talk.finish();
    const std::string path = data::in_folder(folder, file.name);
    out << fmt::format("{}: {} bytes, SHA-256 {}\n", path, std::filesystem::file_size(path),
                       sha256_of_file(path))
        << std::flush;
  }
}

}  // namespace tf_injector::cli
