// Writes results into files.
#pragma once

#include <string>
#include <string_view>

namespace tf_injector {

// Writes a whole file, and makes its folder: readers see what was there before or all of it, never a part. A
// file that is there is replaced; a device or a pipe (/dev/null) is written to. Throws OutputError.
void write_file(const std::string& path, std::string_view bytes);
// Throws OutputError if that would fail now: before the work whose result goes there. Makes the folder; a
// file that is there is left as it is.
void check_writable(const std::string& path);

}  // namespace tf_injector
