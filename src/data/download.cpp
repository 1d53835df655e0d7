#include "data/download.hpp"

#include <curl/curl.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <memory>
#include <string_view>
#include <thread>

#include "data/certificates.hpp"
#include "data/file_probe.hpp"
#include "io/file.hpp"
#include "io/lock_file.hpp"
#include "io/md5.hpp"
#include "io/posix.hpp"
#include "io/posix_names.hpp"
#include "io/sha256.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail::data {
namespace {

constexpr long kOk = 200;
constexpr long kPartial = 206;
constexpr long kRangeRefused = 416;

struct CurlDeleter {
  void operator()(CURL* curl) const noexcept { curl_easy_cleanup(curl); }
};

std::string hash_of_file(const std::string& path, HashKind kind) {
  return kind == HashKind::sha256 ? sha256_of_file(path) : md5_of_file(path);
}

bool has_hash(const std::string& path, const DownloadFile& file) {
  return is_file(path) && hash_of_file(path, file.hash_kind) == file.hash;
}

[[noreturn]] void throw_failed(const DownloadFile& file, const std::string& destination,
                               const std::string& reason) {
  throw Error(ErrorKind::download,
              fmt::format("cannot fetch {}: {}; try again, or fetch it by hand and put it "
                          "where it belongs: {}",
                          file.address, reason, destination));
}

[[noreturn]] void throw_stopped(const DownloadFile& file) {
  throw Error(ErrorKind::interrupted,
              fmt::format("stopped while fetching {}; the same command goes on", file.address));
}

// The file <destination>.part, open and locked against other processes.
class PartFile {
 public:
  // Calls `wait` again and again while another process holds the lock.
  PartFile(const std::string& destination, const std::function<void()>& wait) : path_(destination + ".part") {
    while (!open_and_lock(wait)) {
    }
  }

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] uint64_t size() const { return size_; }
  // 0 or errno.
  int append(const char* bytes, size_t count) {
    const int error = posix::write_full(fd_.get(), bytes, count, static_cast<size_t>(size_));
    if (error == 0) size_ += count;
    return error;
  }
  int clear() {
    const int error = posix::truncate_file(fd_.get(), 0);
    if (error == 0) size_ = 0;
    return error;
  }
  void rename_to(const std::string& destination) {
    check(posix::sync_file(fd_.get()));
    check(posix::rename_file(path_, destination));
    check(posix::sync_folder(posix::folder_of(destination)));
  }
  void remove() const { posix::unlink_file(path_); }
  void check(int error) const {
    if (error != 0) throw OutputError(posix::describe("write", path_, error));
  }

 private:
  // False if the process that held the lock has renamed or removed the file in the meantime.
  bool open_and_lock(const std::function<void()>& wait) {
    fd_ = posix::open_file(path_, O_RDWR | O_CREAT);
    if (!fd_.valid()) check(errno);
    for (int error = posix::try_lock(fd_.get()); error != 0; error = posix::try_lock(fd_.get())) {
      if (has_no_flock(error)) break;
      if (error != EWOULDBLOCK) check(error);
      wait();
    }
    struct stat ours {};
    struct stat named {};
    if (::fstat(fd_.get(), &ours) != 0) check(errno);
    size_ = static_cast<uint64_t>(ours.st_size);
    return ::stat(path_.c_str(), &named) == 0 && named.st_ino == ours.st_ino && named.st_dev == ours.st_dev;
  }

  std::string path_;
  posix::UniqueFd fd_;
  uint64_t size_ = 0;
};

// One request. An exception must not pass through libcurl, so failures in its callbacks are kept here.
class Transfer {
 public:
  Transfer(const DownloadFile& file, PartFile& part, const FetchOptions& options)
      : file_(file), part_(part), options_(options), curl_(curl_easy_init()) {
    if (!curl_) throw Error(ErrorKind::internal, "libcurl cannot be started");
  }

  struct Outcome {
    CURLcode code = CURLE_OK;
    long status = 0;  // of HTTP
    std::string reason;
  };
  // Requests the bytes that the part file does not have yet.
  Outcome run() {
    const uint64_t start = part_.size();
    const std::string range = std::to_string(start) + "-";
    prepare();
    if (start > 0) curl_easy_setopt(curl_.get(), CURLOPT_RANGE, range.c_str());
    Outcome outcome;
    outcome.code = curl_easy_perform(curl_.get());
    curl_easy_getinfo(curl_.get(), CURLINFO_RESPONSE_CODE, &outcome.status);
    if (thrown_) std::rethrow_exception(thrown_);
    if (stopped_) throw_stopped(file_);
    part_.check(write_error_);
    outcome.reason = reason(outcome);
    return outcome;
  }

 private:
  void prepare() {
    CURL* curl = curl_.get();
    curl_easy_setopt(curl, CURLOPT_URL, file_.address.c_str());
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "tf_injector");
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_FAILONERROR, 1L);
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 1L);
    curl_easy_setopt(curl, CURLOPT_MAXREDIRS, 10L);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, options_.connect_seconds);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, options_.stall_seconds);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, error_text_.data());
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &Transfer::on_bytes);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, this);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, &Transfer::on_header);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, this);
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, &Transfer::on_progress);
    curl_easy_setopt(curl, CURLOPT_XFERINFODATA, this);
    if (!certificates_) return;
    // Both: what is not set here would be the place that libcurl was built for.
    curl_easy_setopt(curl, CURLOPT_CAINFO, or_null(certificates_->file));
    curl_easy_setopt(curl, CURLOPT_CAPATH, or_null(certificates_->folder));
  }

  [[nodiscard]] std::string reason(const Outcome& outcome) const {
    if (outcome.code == CURLE_HTTP_RETURNED_ERROR)
      return fmt::format("the server answers {}", outcome.status);
    if (wrong_range_) return "the server sends another part of the file than it was asked for";
    if (outcome.code == CURLE_PARTIAL_FILE)
      return fmt::format("the connection was cut after {} bytes", part_.size());
    if (outcome.code == CURLE_OPERATION_TIMEDOUT && began_)
      return fmt::format("the connection stalled after {} bytes", part_.size());
    const char* text = error_text_[0] != '\0' ? error_text_.data() : curl_easy_strerror(outcome.code);
    if (outcome.code == CURLE_PEER_FAILED_VERIFICATION || outcome.code == CURLE_SSL_CACERT_BADFILE)
      return fmt::format("{} ({})", text, describe_certificates());
    return text;
  }

  static const char* or_null(const std::string& text) { return text.empty() ? nullptr : text.c_str(); }

  [[nodiscard]] std::string describe_certificates() const {
    if (!certificates_)
      return "no certificates are found on this machine: install the system's package ca-certificates or "
             "Python's certifi, or name a bundle in SSL_CERT_FILE";
    return fmt::format("compared with the certificates in {}; SSL_CERT_FILE names others",
                       certificates_->file.empty() ? certificates_->folder : certificates_->file);
  }

  // A new response begins; after redirects there are several.
  static size_t on_header(char* data, size_t size, size_t count, void* self) {
    auto& transfer = *static_cast<Transfer*>(self);
    const std::string_view line(data, size * count);
    if (line.starts_with("HTTP/")) transfer.range_start_.reset();
    constexpr std::string_view kName = "content-range:";
    if (line.size() < kName.size()) return line.size();
    for (size_t i = 0; i < kName.size(); ++i) {
      const char c = line[i];
      if ((c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c) != kName[i]) return line.size();
    }
    const size_t digits = line.find_first_of("0123456789", kName.size());
    uint64_t start = 0;
    if (digits != std::string_view::npos &&
        std::from_chars(line.data() + digits, line.data() + line.size(), start).ec == std::errc())
      transfer.range_start_ = start;
    return line.size();
  }

  // A server may answer a range request with the whole file.
  bool begin() {
    long status = 0;
    curl_easy_getinfo(curl_.get(), CURLINFO_RESPONSE_CODE, &status);
    began_ = true;
    if (status == kPartial) {
      wrong_range_ = range_start_ != part_.size();
      return !wrong_range_;
    }
    write_error_ = part_.clear();
    return write_error_ == 0;
  }

  static size_t on_bytes(char* data, size_t size, size_t count, void* self) {
    auto& transfer = *static_cast<Transfer*>(self);
    if (!transfer.began_ && !transfer.begin()) return 0;
    transfer.write_error_ = transfer.part_.append(data, size * count);
    return transfer.write_error_ == 0 ? size * count : 0;
  }

  static int on_progress(void* self, curl_off_t total, curl_off_t now, curl_off_t, curl_off_t) {
    auto& transfer = *static_cast<Transfer*>(self);
    if (!transfer.options_.on_progress) return 0;
    const uint64_t done = transfer.part_.size();
    std::optional<uint64_t> all;
    if (total > 0) all = done - static_cast<uint64_t>(now) + static_cast<uint64_t>(total);
    try {
      transfer.stopped_ = !transfer.options_.on_progress(done, all);
    } catch (...) {
      transfer.thrown_ = std::current_exception();
      transfer.stopped_ = true;
    }
    return transfer.stopped_ ? 1 : 0;
  }

  const DownloadFile& file_;
  PartFile& part_;
  const FetchOptions& options_;
  std::unique_ptr<CURL, CurlDeleter> curl_;
  std::optional<Certificates> certificates_ = find_certificates();
  std::array<char, CURL_ERROR_SIZE> error_text_{};
  std::optional<uint64_t> range_start_;  // from the response's Content-Range
  std::exception_ptr thrown_;            // by the caller's on_progress
  bool began_ = false;
  bool wrong_range_ = false;
  bool stopped_ = false;
  int write_error_ = 0;
};

void start_libcurl() {
  static const CURLcode code = curl_global_init(CURL_GLOBAL_DEFAULT);  // once, whichever thread comes first
  if (code != CURLE_OK) throw Error(ErrorKind::internal, "libcurl cannot be started");
}

// The addresses of the file at the mirrors; without mirrors, the published one.
std::vector<DownloadFile> sources_of(const DownloadFile& file, const std::vector<std::string>& mirrors) {
  if (mirrors.empty()) return {file};
  std::vector<DownloadFile> sources(mirrors.size(), file);
  for (size_t i = 0; i < mirrors.size(); ++i)
    sources[i].address = mirrors[i].ends_with('/') ? mirrors[i] + file.name : mirrors[i];
  return sources;
}

}  // namespace

bool fetch(const DownloadFile& file, const std::string& destination, const FetchOptions& options) {
  start_libcurl();
  if (has_hash(destination, file)) return false;
  make_folders(posix::folder_of(destination));
  PartFile part(destination, [&] {
    if (options.on_progress && !options.on_progress(0, std::nullopt)) throw_stopped(file);
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
  });
  if (has_hash(destination, file)) {  // another process fetched it while we waited
    part.remove();
    return false;
  }
  for (;;) {
    const bool resumed = part.size() > 0;
    if (!resumed || !has_hash(part.path(), file)) {
      const Transfer::Outcome outcome = Transfer(file, part, options).run();
      const bool refused = outcome.status == kRangeRefused;
      if (outcome.code != CURLE_OK && !(resumed && refused)) {
        if (part.size() == 0) part.remove();
        throw_failed(file, destination, outcome.reason);
      }
    }
    const std::string hash = hash_of_file(part.path(), file.hash_kind);
    if (hash == file.hash) break;
    part.check(part.clear());
    if (resumed) continue;  // the old part belonged to another file: start again from nothing
    part.remove();
    throw_failed(file, destination,
                 fmt::format("what came has the {} {}, expected {}",
                             file.hash_kind == HashKind::sha256 ? "SHA-256" : "MD5", hash, file.hash));
  }
  part.rename_to(destination);
  return true;
}

void download_files(std::span<const DownloadFile> files, const std::string& folder,
                    const DownloadOptions& options) {
  for (const DownloadFile& file : files) {
    const std::string destination = in_folder(folder, file.name);
    const std::vector<DownloadFile> sources = sources_of(file, options.mirrors);
    for (size_t i = 0; i < sources.size(); ++i) {
      if (options.on_message)
        options.on_message(fmt::format("fetching {} to {}", sources[i].address, destination));
      try {
        fetch(sources[i], destination, options);
        break;
      } catch (const Error& error) {
        if (error.kind() != ErrorKind::download || i + 1 == sources.size()) throw;
        if (options.on_message) options.on_message(error.what());
      }
    }
  }
}

}  // namespace tf_injector::detail::data
