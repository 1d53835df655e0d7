// An output stream's buffer that writes to a file descriptor: std::cout gives up where a signal interrupts.
#pragma once

#include <array>
#include <cstddef>
#include <streambuf>

namespace tf_injector::detail::cli {

// Allocates nothing. What is not flushed when it ends is lost.
class DescriptorOutput : public std::streambuf {
 public:
  explicit DescriptorOutput(int descriptor) noexcept : descriptor_(descriptor) {
    setp(buffer_.data(), buffer_.data() + buffer_.size());
  }

 protected:
  int_type overflow(int_type character) override;
  std::streamsize xsputn(const char* text, std::streamsize count) override;
  int sync() override;

 private:
  bool write(const char* text, size_t count) noexcept;  // false: not all of it could be
  bool write_buffer() noexcept;

  int descriptor_;
  std::array<char, 8192> buffer_{};
};

}  // namespace tf_injector::detail::cli
