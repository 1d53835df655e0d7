#include "cli/console/descriptor_output.hpp"

#include <unistd.h>

#include <algorithm>

#include "core/retry_interrupted.hpp"

namespace tf_injector::detail::cli {

bool DescriptorOutput::write(const char* text, size_t count) noexcept {
  while (count > 0) {
    const ssize_t written = retry_interrupted([&] { return ::write(descriptor_, text, count); });
    if (written <= 0) return false;
    text += written;
    count -= static_cast<size_t>(written);
  }
  return true;
}

// What could not be written is dropped: it is not written later, behind what follows.
bool DescriptorOutput::write_buffer() noexcept {
  const auto count = static_cast<size_t>(pptr() - pbase());
  setp(buffer_.data(), buffer_.data() + buffer_.size());
  return write(buffer_.data(), count);
}

DescriptorOutput::int_type DescriptorOutput::overflow(int_type character) {
  if (!write_buffer()) return traits_type::eof();
  if (!traits_type::eq_int_type(character, traits_type::eof())) sputc(traits_type::to_char_type(character));
  return traits_type::not_eof(character);
}

std::streamsize DescriptorOutput::xsputn(const char* text, std::streamsize count) {
  if (count > epptr() - pptr() && !write_buffer()) return 0;
  if (count >= epptr() - pptr()) return write(text, static_cast<size_t>(count)) ? count : 0;
  std::copy_n(text, count, pptr());
  pbump(static_cast<int>(count));
  return count;
}

int DescriptorOutput::sync() { return write_buffer() ? 0 : -1; }

}  // namespace tf_injector::detail::cli
