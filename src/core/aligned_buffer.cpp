#include "core/aligned_buffer.hpp"

#include <cstdint>

#if defined(__linux__)
#include <sys/mman.h>

#include "core/round_up.hpp"
#endif

namespace tf_injector::detail {

void AlignedBuffer::ask_for_huge_pages() noexcept {
#if defined(__linux__)
  constexpr uintptr_t kPage = uintptr_t{1} << 21;
  const auto first = reinterpret_cast<uintptr_t>(data_.get());
  const uintptr_t begin = round_up(first, kPage);
  const uintptr_t end = (first + (size_ + kPadding) * sizeof(float)) / kPage * kPage;
  if (begin < end) ::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_HUGEPAGE);
#endif
}

}  // namespace tf_injector::detail
