#include "core/aligned_buffer.hpp"

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace tf_injector {
namespace {

constexpr size_t kHugePage = size_t{1} << 21, kLarge = 2 * kHugePage;

// Only pages that lie inside: no more memory is taken. A system that has none changes nothing.
void ask_for_huge_pages([[maybe_unused]] float* begin, [[maybe_unused]] size_t bytes) noexcept {
#if defined(__linux__)
  ::madvise(begin, bytes / kHugePage * kHugePage, MADV_HUGEPAGE);
#endif
}

}  // namespace

// Large ones in huge pages: the places of a few thousand small ones is all that a processor remembers.
AlignedBuffer::Memory AlignedBuffer::allocate(size_t bytes) {
  const size_t alignment = bytes >= kLarge ? kHugePage : kAlignment;
  Memory memory(static_cast<float*>(::operator new[](bytes, std::align_val_t{alignment})),
                Deleter(alignment));
  if (bytes >= kLarge) ask_for_huge_pages(memory.get(), bytes);
  return memory;
}

}  // namespace tf_injector
