// Small texts that a version control system leaves in the place of a large file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace tf_injector {

// Enough of a file's start to know one, and the most that one is long.
inline constexpr size_t kStandInBytes = 1024;

// "is a Git LFS pointer (...), not the file itself; 'git lfs pull' ... fetches it" for a file that starts so,
// "" for every other.
[[nodiscard]] std::string stand_in_problem(std::span<const uint8_t> start);

// Throws Error(bad_input), naming the file, when it is one.
void refuse_stand_in(const std::string& path, std::span<const uint8_t> start);
// The same; looks at the file. One that cannot be read is none, nor is a pipe: it stays unread.
void refuse_stand_in(const std::string& path);

}  // namespace tf_injector
