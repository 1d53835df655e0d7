// What an estimate has evaluated, in a file: a line that says of which estimate, then a line for each fault.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "io/file.hpp"

namespace tf_injector::detail {

// Names and values of everything that decides what is drawn and counted, in their order.
using EstimateIdentity = std::vector<std::pair<std::string, std::string>>;

// Draws are numbered within their domain. A file of another identity is refused.
class EstimateState {
 public:
  // In memory only.
  EstimateState() = default;
  // Goes on with the file, or begins it. Throws Error(resume), Error(bad_input), Error(busy), OutputError.
  // `images`: of a draw; no count is larger.
  EstimateState(const std::string& path, const EstimateIdentity& identity, int64_t images);

  // How many images of a draw have what is counted; none: not evaluated yet.
  [[nodiscard]] std::optional<int64_t> count(size_t domain, int64_t draw) const;
  // Draws with their counts; they are on the disk when it returns. Throws OutputError.
  void add(size_t domain, const std::vector<std::pair<int64_t, int64_t>>& counts);
  [[nodiscard]] int64_t draws() const noexcept { return draws_; }

 private:
  void read(const std::string& text, const std::string& path, int64_t images);

  std::optional<AppendFile> file_;
  std::vector<std::unordered_map<int64_t, int64_t>> counts_;  // by domain
  int64_t draws_ = 0;
};

}  // namespace tf_injector::detail
