// Downloads published files over HTTP. An interrupted download is resumed; a file appears under its name only
// when it is complete and its hash is right.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace tf_injector::detail::data {

enum class HashKind { sha256, md5 };

// A file that is published under a fixed hash.
struct DownloadFile {
  std::string address;
  std::string name;  // of the local file
  HashKind hash_kind = HashKind::sha256;
  std::string hash;  // hex digits, lower case
};

struct FetchOptions {
  long connect_seconds = 15;
  long stall_seconds = 30;  // without a byte received
  // Called often with the bytes received and the size (nothing if the server does not tell it). Returning
  // false stops the download with Error(interrupted).
  std::function<bool(uint64_t done, std::optional<uint64_t> total)> on_progress;
};

// Downloads `file` to the path `destination`. Returns false, and downloads nothing, if a file with the right
// hash is there already. An unfinished download is kept as `destination`.part and resumed by the next call.
// Processes that want the same file wait for each other. Throws Error(download) (names the address, the
// reason, and where to put the file by hand), Error(interrupted), OutputError.
bool fetch(const DownloadFile& file, const std::string& destination, const FetchOptions& options = {});

struct DownloadOptions : FetchOptions {
  std::function<void(const std::string&)> on_message;  // "fetching ...": one line each
  // Tried in this order instead of the published address; each is a folder ("https://host/folder/") that
  // holds the files by name, or the file itself.
  std::vector<std::string> mirrors;
};

// Downloads all files into `folder`, which is created. Throws what fetch throws; of several mirrors, the
// error of the last.
void download_files(std::span<const DownloadFile> files, const std::string& folder,
                    const DownloadOptions& options);

}  // namespace tf_injector::detail::data
