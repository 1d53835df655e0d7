// What people give as a model that is none: folders, and files of other kinds. Each refusal says what it is
// and what to do.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace tf_injector {
class ZipArchive;
}

namespace tf_injector::keras {

// Throw ModelError, naming the path.
void refuse_folder(const std::string& path);  // when it is one
// Neither zip nor HDF5. `bytes`: the file's.
[[noreturn]] void refuse_foreign_file(const std::string& path, std::span<const uint8_t> bytes);
void refuse_foreign_zip(const std::string& path, const ZipArchive&);  // without a config.json

}  // namespace tf_injector::keras
