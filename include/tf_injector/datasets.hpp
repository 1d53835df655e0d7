// Finds, reads and fetches test sets: named ones (CIFAR10, CIFAR100, GTSRB) or any path.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "tf_injector/dataset.hpp"

namespace tf_injector {

// How GTSRB's images become 50 x 50.
enum class Resize { pillow, tensorflow };
// "pillow", "tensorflow".
[[nodiscard]] const char* resize_name(Resize resize);

// The named sets.
[[nodiscard]] std::vector<std::string> dataset_names();

struct DatasetRequest {
  std::string name = {};  // of a named set, or "": then `path` is given and its contents tell what it is
  // A folder or a file of the set, an .npz with x and y, a folder with x.npy and y.npy. "": in this order
  // ./datasets/<name>, ~/.keras/datasets, the download.
  std::string path = {};
  bool allow_download = true;  // missing data of a named set are fetched into ./datasets/<name>
  Resize resize = Resize::pillow;
  std::vector<std::string> inputs = {};  // names of the model's inputs, which arrays may have
  std::function<void(const std::string&)> message =
      {};                                   // what was taken, what is fetched: one line each; may be empty
  const std::atomic<bool>* stop = nullptr;  // true ends a download with Error(interrupted)
};

// The images and labels. Throws DatasetError (says every place looked at), Error(download),
// Error(interrupted).
[[nodiscard]] Dataset load_dataset(const DatasetRequest& request);

struct FetchedFile {
  std::string path = {};
  uint64_t bytes = 0;
  std::string sha256 = {};
};
struct FetchRequest {
  std::string name = {};    // of a named set
  std::string folder = {};  // where the files go (needed); made where it is missing
  std::vector<std::string> mirrors =
      {};                   // addresses instead of the published one, asked in this order: a folder (it ends
                            // in /) that holds the files by name, or the file itself
  std::string sha256 = {};  // of the first file, instead of the published hash; "": that
  std::function<void(const std::string&)> message = {};  // one line each; may be empty
  // Bytes of a file so far, and in all where the server says so. May be empty.
  std::function<void(const std::string& file, uint64_t done, std::optional<uint64_t> total)> progress = {};
  std::function<void(const FetchedFile&)> fetched =
      {};                                   // a file is complete and its hash is right; may be empty
  const std::atomic<bool>* stop = nullptr;  // true: Error(interrupted); the next call goes on
};
// Fetches the files of a named set; what is there already is kept. Throws Error(download),
// Error(interrupted), OutputError, DatasetError (no such set), Error(usage) (no folder is named).
void fetch_dataset(const FetchRequest& request);

// Whether there are certificates to check HTTPS servers against: SSL_CERT_FILE or SSL_CERT_DIR is set,
// `use_certificates` has named some, or a bundle is where a Linux distribution keeps its own.
[[nodiscard]] bool has_certificates();
// Downloads of this process check HTTPS servers against `bundle`, a file in PEM form, instead of the
// system's; "": against the system's again. SSL_CERT_FILE and SSL_CERT_DIR still go first. Any thread may
// call it; transfers that have begun are not changed.
void use_certificates(const std::string& bundle);

}  // namespace tf_injector
