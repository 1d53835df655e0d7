// Files beside a report with work that is in no row yet: <report>.run.part has what is done of the block that
// comes next, <report>.run.golden the run without a fault.
//
// A line that says what it is, a line of JSON with all that decides what may be in it, a line of the
// writer's, the bytes that the run gave, and the SHA-256 of everything before, as 64 hex digits.
#pragma once

#include <string>
#include <string_view>

#include "core/message.hpp"

namespace tf_injector::detail {

struct KeptWork {
  std::string note;  // one line
  std::string work;  // "": nothing is there
};

class WorkFile {
 public:
  enum class Kind { block, golden };
  // r.run.part or r.run.golden for r.run.json.
  WorkFile(Kind kind, const std::string& metadata_path);

  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  // True if nothing is there, or such a file: it may be written and removed.
  [[nodiscard]] bool is_own() const;
  // Replaces the file, durably and whole. Throws OutputError.
  void write(const std::string& key, const std::string& note, std::string_view work) const;
  // What was written with this key. Of a file that was written with another key, or that is damaged,
  // `message` says so.
  [[nodiscard]] KeptWork read(const std::string& key, const Message& message) const;
  // Says that what was read is of no use.
  void refuse(const Message& message, std::string_view what) const;
  // Nothing happens if it is not there, cannot be removed (then it is never taken for what it is not), or is
  // another.
  void remove() const;

 private:
  Kind kind_;
  std::string path_;
};

}  // namespace tf_injector::detail
