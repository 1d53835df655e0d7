// Recognises the small text files that Git LFS and git-annex leave in place of a large file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace tf_injector::detail {

// No stand-in is longer, and as many bytes of a file's start suffice to recognise one.
inline constexpr size_t kStandInBytes = 1024;

// "is a Git LFS pointer (...), not the file itself; 'git lfs pull' ... fetches it" if a file with this start
// is a stand-in, else "".
[[nodiscard]] std::string stand_in_problem(std::span<const uint8_t> start);

// Throws Error(bad_input), naming the file, if it is a stand-in.
void refuse_stand_in(const std::string& path, std::span<const uint8_t> start);
// The same; reads the start of the file. Does nothing for a file that cannot be read or a pipe, which is not
// touched.
void refuse_stand_in(const std::string& path);

}  // namespace tf_injector::detail
