// What an estimate has evaluated, in a file: a line that says of which estimate, a line for each fault, and
// behind each part that was written at once a line with the SHA-256 of everything above it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "io/file.hpp"
#include "io/sha256.hpp"

namespace tf_injector::detail {

// Names and values of everything that decides what is drawn and counted, in their order.
using EstimateIdentity = std::vector<std::pair<std::string, std::string>>;
// Of the identity: "2/8" of a shard's state, "" of a whole estimate's.
inline constexpr const char* kShardOfState = "shard";
// Of the identity: the format in which weights are stored. States of the usual one do not say it.
inline constexpr const char *kStorageOfState = "storage", *kUsualStorage = "float32";

// By domain: how many images of each draw have what is counted.
using DrawCounts = std::vector<std::unordered_map<int64_t, int64_t>>;

// Draws are numbered within their domain. A file of another identity is refused.
class EstimateState {
 public:
  // In memory only.
  EstimateState() = default;
  // Goes on with the file, or begins it; a part that was torn is cut off. Throws Error(resume),
  // Error(bad_input) (no such file, or it was changed), Error(busy), OutputError. `images`: of a draw; no
  // count is larger.
  EstimateState(const std::string& path, const EstimateIdentity& identity, int64_t images);

  // How many images of a draw have what is counted; none: not evaluated yet.
  [[nodiscard]] std::optional<int64_t> count(size_t domain, int64_t draw) const;
  // Draws with their counts; they are on the disk when it returns. Throws OutputError.
  void add(size_t domain, const std::vector<std::pair<int64_t, int64_t>>& counts);
  // Of a shard's state: nothing is left to evaluate, which the file says from now on. Throws OutputError.
  void finish();
  [[nodiscard]] int64_t draws() const noexcept { return draws_; }

 private:
  void begin(const EstimateIdentity& identity);
  void go_on(const std::string& text, const EstimateIdentity& identity, const std::string& path,
             int64_t images);
  void append(const std::string& lines);

  std::optional<AppendFile> file_;
  Sha256 hash_;             // of its bytes
  bool has_hashes_ = true;  // not in files of schema 1
  bool is_shard_ = false, is_finished_ = false;
  DrawCounts counts_;
  int64_t draws_ = 0;
};

struct FinishedShardState {
  EstimateIdentity identity;
  DrawCounts counts;
};
// Throws Error(resume): the state of no shard, of an unfinished one, or of a later version; Error(bad_input):
// no such file, no state, or it was changed.
[[nodiscard]] FinishedShardState read_shard_state(const std::string& path);
// The whole file.
[[nodiscard]] std::string state_text(const EstimateIdentity& identity, const DrawCounts& counts);

}  // namespace tf_injector::detail
