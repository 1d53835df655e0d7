// Fetches published files over HTTP: resumed after an interruption, compared with their hash, put in place at
// once.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace tf_injector::data {

enum class HashKind { sha256, md5 };

// A file that is published under a fixed hash.
struct DownloadFile {
  std::string address;
  std::string name;  // under which it is kept
  HashKind hash_kind = HashKind::sha256;
  std::string hash;  // hex digits, lower case
};

struct FetchOptions {
  long connect_seconds = 15;
  long stall_seconds = 30;  // without a byte
  // Bytes so far and in all (nothing: the server does not say); called often. false stops:
  // Error(interrupted).
  std::function<bool(uint64_t done, std::optional<uint64_t> total)> on_progress;
};

// Fetches `file` to the path `destination`; what is there already with the right hash is kept (then false is
// returned). Until it is complete and its hash is right it is `destination`.part, and the next call goes on
// where it ends. Two processes that want the same file wait for each other. Throws Error(download) (names the
// address, the reason, and where to put the file by hand), OutputError.
bool fetch(const DownloadFile& file, const std::string& destination, const FetchOptions& options = {});

struct DownloadOptions : FetchOptions {
  std::function<void(const std::string&)> on_message;  // "fetching ...": one line each
  // Asked in this order instead of the published address: a folder ("https://host/folder/") that holds the
  // files by name, or the file itself.
  std::vector<std::string> mirrors;
};

// All files into `folder`, which is made. Throws as fetch does (of several mirrors: what the last one said).
void download_files(std::span<const DownloadFile> files, const std::string& folder,
                    const DownloadOptions& options);

}  // namespace tf_injector::data
