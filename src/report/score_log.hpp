// <report>.run.part.scores: scores of what is done of a block, in a file that grows; <report>.run.part says
// how much of it counts, and the hash of that.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "io/posix.hpp"
#include "io/sha256.hpp"

namespace tf_injector::detail {

class ScoreLog {
 public:
  // Of the part of a report at this path. Nothing is opened.
  explicit ScoreLog(const std::string& part_path);

  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  // True if nothing is there, or such a file: it may be written and removed.
  [[nodiscard]] bool is_own() const;
  // What is there now, as one line; "": nothing.
  [[nodiscard]] std::string state() const;
  // Opens what was there when state() gave this line, and cuts off what came behind it. False: that is not
  // there, or was changed.
  [[nodiscard]] bool open(const std::string& state);
  // The next bytes, from the first one on; fewer than asked for only at the end. Throws OutputError.
  [[nodiscard]] size_t read(std::span<char> to);
  // Begins a file if none is open. Throws OutputError.
  void append(std::string_view bytes);
  // All of it is on the disk when it returns. Throws OutputError.
  void sync();
  // Nothing is there any more, unless it is another's or cannot be removed.
  void remove();

 private:
  [[noreturn]] void fail(const char* what, int error) const;
  void write(std::string_view bytes);

  std::string path_;
  posix::UniqueFd fd_;
  uint64_t size_ = 0, read_ = 0;
  bool is_new_ = false;  // its name is not on the disk yet
  Sha256 hash_;
};

}  // namespace tf_injector::detail
