// Writes results into files.
#pragma once

#include <string>
#include <string_view>

namespace tf_injector {

// Writes a whole file, and makes its folder: readers see what was there before or all of it, never a part. A
// file that is there is replaced; a device or a pipe (/dev/null) is written to. Throws OutputError.
void write_file(const std::string& path, std::string_view bytes);

}  // namespace tf_injector
