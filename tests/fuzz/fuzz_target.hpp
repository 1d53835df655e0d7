// What the fuzz targets share: what a finding is, what may be thrown because of an input, inputs as files.
#pragma once

#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tf_injector/error.hpp"

// The function of each target. libFuzzer, or replay_main.cpp, calls it with one input after another.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace tf_injector::detail::fuzz {

// Ends the process as a sanitizer does: libFuzzer then writes the input into a file.
[[noreturn]] inline void finding(std::string_view what, std::string_view text = {}) {
  std::fprintf(stderr, "finding: %.*s%s%.*s\n", static_cast<int>(what.size()), what.data(),
               text.empty() ? "" : ": ", static_cast<int>(text.size()), text.data());
  std::abort();
}

inline void require(bool holds, std::string_view what) {
  if (!holds) finding(what);
}

// Messages are lines of text, whatever the input holds: no control characters, not longer than anybody reads.
inline void check_message(std::string_view message) {
  constexpr size_t kLongest = 100'000, kMostLines = 101;
  if (message.empty()) finding("a message without text");
  if (message.size() > kLongest) finding("a message of more than 100,000 bytes", message.substr(0, 200));
  const auto is_control = [](char c) {
    return (static_cast<unsigned char>(c) < 0x20 && c != '\n') || c == 0x7F;
  };
  if (std::any_of(message.begin(), message.end(), is_control))
    finding("a control character in a message", message);
  if (static_cast<size_t>(std::count(message.begin(), message.end(), '\n')) >= kMostLines)
    finding("a message of more than 101 lines", message.substr(0, 2000));
}

// What `work` returns; nothing where it refuses the input with an Error of one of these kinds. Whatever else
// it throws is a finding.
template <typename Work>
auto accepted(const Work& work, std::initializer_list<ErrorKind> kinds = {ErrorKind::bad_input})
    -> std::optional<decltype(work())> {
  try {
    return work();
  } catch (const Error& error) {
    if (std::find(kinds.begin(), kinds.end(), error.kind()) == kinds.end())
      finding("an error of kind " + std::to_string(static_cast<int>(error.kind())), error.what());
    check_message(error.what());
  } catch (const std::exception& error) {
    finding("an exception that is no Error", error.what());
  }
  return std::nullopt;
}

inline std::string_view as_text(const uint8_t* data, size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}
inline std::vector<uint8_t> as_bytes(const uint8_t* data, size_t size) { return {data, data + size}; }
inline std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) finding("cannot be read", path.string());
  return {std::istreambuf_iterator<char>(file), {}};
}

// A folder for files that are written anew for every input, below TMPDIR: scripts/fuzz has that in memory.
class ScratchFolder {
 public:
  ScratchFolder()
      : path_(std::filesystem::temp_directory_path() / ("tf_injector_fuzz_" + std::to_string(getpid()))) {
    std::filesystem::create_directories(path_);
  }
  ~ScratchFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;

  [[nodiscard]] std::string operator/(const std::string& name) const { return (path_ / name).string(); }
  // Returns the file's path.
  std::string write(const std::string& name, std::string_view bytes) const {
    std::filesystem::create_directories((path_ / name).parent_path());
    std::ofstream(path_ / name, std::ios::binary)
        .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    return *this / name;
  }

 private:
  std::filesystem::path path_;
};

}  // namespace tf_injector::detail::fuzz
