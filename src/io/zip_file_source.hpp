// An open file as libzip reads it: with pread, and through signals that interrupt a call.
#pragma once

#include <zip.h>

#include <cstdint>

namespace tf_injector::detail {

// The first `size` bytes of the file, which must stay open as long as the source lives. Null if there is no
// memory; then `error` says so. Whoever opens an archive from it gives it away, else zip_source_free frees
// it.
[[nodiscard]] zip_source_t* file_source(int fd, uint64_t size, zip_error_t* error);

}  // namespace tf_injector::detail
