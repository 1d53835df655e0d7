// Refuses folders and files that are not Keras models. The messages say what they are and what to do.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace tf_injector::detail {
class ZipArchive;
}

namespace tf_injector::detail::keras {

// Throw ModelError, naming the path.
// Throws if the path is a folder.
void refuse_folder(const std::string& path);
// For a file that is neither zip nor HDF5; `bytes` are its contents.
[[noreturn]] void refuse_foreign_file(const std::string& path, std::span<const uint8_t> bytes);
// Throws if the archive has no config.json.
void refuse_foreign_zip(const std::string& path, const ZipArchive&);

}  // namespace tf_injector::detail::keras
