// The file beside a report with what is done of the block that comes next: <report>.run.part.
//
// A line that says what it is, a line of JSON with all that decides what may be in it, the bytes that the run
// gave, and the SHA-256 of everything before, as 64 hex digits.
#pragma once

#include <string>
#include <string_view>

#include "core/message.hpp"

namespace tf_injector::detail {

// r.run.part for r.run.json.
[[nodiscard]] std::string work_path_of(const std::string& metadata_path);
// True if nothing is there, or such a file: it may be written and removed.
[[nodiscard]] bool is_own_work_file(const std::string& path);
// Replaces the file, durably and whole. Throws OutputError.
void write_work(const std::string& path, const std::string& key, std::string_view work);
// What was written with this key; "" if there is none. Of a file that was written with another key, or that
// is damaged, `message` says so.
[[nodiscard]] std::string read_work(const std::string& path, const std::string& key, const Message& message);
// Nothing happens if it is not there, cannot be removed (then it is never taken for what it is not), or is
// another.
void remove_work(const std::string& path);

}  // namespace tf_injector::detail
