// Owned libhdf5 handles, the lock around the library, and its errors. Internal to io/: the only header that
// includes hdf5.h.
#pragma once

#include <hdf5.h>

#include <mutex>
#include <string>
#include <utility>

namespace tf_injector::detail::hdf5 {

// Closes its handle with `Close`.
template <herr_t (*Close)(hid_t)>
class Handle {
 public:
  Handle() = default;
  explicit Handle(hid_t id) noexcept : id_(id) {}
  ~Handle() {
    if (id_ >= 0) Close(id_);
  }
  Handle(Handle&& other) noexcept : id_(std::exchange(other.id_, -1)) {}
  Handle& operator=(Handle&& other) noexcept {
    std::swap(id_, other.id_);
    return *this;
  }
  [[nodiscard]] hid_t get() const noexcept { return id_; }
  [[nodiscard]] bool valid() const noexcept { return id_ >= 0; }

 private:
  hid_t id_ = -1;
};

using FileHandle = Handle<H5Fclose>;
using ObjectHandle = Handle<H5Oclose>;
using AttributeHandle = Handle<H5Aclose>;
using TypeHandle = Handle<H5Tclose>;
using SpaceHandle = Handle<H5Sclose>;
using PropertyHandle = Handle<H5Pclose>;

// Admits one thread at a time to libhdf5, whose serial build is not thread-safe, and switches off its error
// printing and plugins.
class LibraryLock {
 public:
  LibraryLock();

 private:
  static std::mutex& mutex();
  std::lock_guard<std::mutex> lock_;
};

// Throws Error(bad_input): "<label>: <problem>".
[[noreturn]] void throw_bad(const std::string& label, const std::string& problem);

}  // namespace tf_injector::detail::hdf5
