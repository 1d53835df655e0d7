// Counts what a test program allocates: include it in one file of the program, whose allocation functions
// these are then.
#pragma once

#include <malloc.h>

#include <atomic>
#include <cstdlib>
#include <new>

namespace {

std::atomic<int64_t> allocated{0}, most_allocated{0}, allocations{0};

void* count(void* block) {
  if (block == nullptr) throw std::bad_alloc();
  ++allocations;
  const int64_t now = allocated += static_cast<int64_t>(malloc_usable_size(block));
  for (int64_t most = most_allocated; now > most && !most_allocated.compare_exchange_weak(most, now);) {
  }
  return block;
}
void uncount(void* block) noexcept {
  if (block != nullptr) allocated -= static_cast<int64_t>(malloc_usable_size(block));
  std::free(block);
}

}  // namespace

void* operator new(size_t size) { return count(std::malloc(size)); }
void* operator new[](size_t size) { return count(std::malloc(size)); }
void* operator new(size_t size, std::align_val_t align) {
  const auto alignment = static_cast<size_t>(align);
  return count(std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment));
}
void* operator new[](size_t size, std::align_val_t align) { return operator new(size, align); }
void* operator new(size_t size, const std::nothrow_t&) noexcept {
  try {
    return operator new(size);
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}
void* operator new[](size_t size, const std::nothrow_t&) noexcept { return operator new(size, std::nothrow); }
void operator delete(void* block, const std::nothrow_t&) noexcept { uncount(block); }
void operator delete[](void* block, const std::nothrow_t&) noexcept { uncount(block); }
void operator delete(void* block) noexcept { uncount(block); }
void operator delete[](void* block) noexcept { uncount(block); }
void operator delete(void* block, size_t) noexcept { uncount(block); }
void operator delete[](void* block, size_t) noexcept { uncount(block); }
void operator delete(void* block, std::align_val_t) noexcept { uncount(block); }
void operator delete[](void* block, std::align_val_t) noexcept { uncount(block); }
void operator delete(void* block, size_t, std::align_val_t) noexcept { uncount(block); }
void operator delete[](void* block, size_t, std::align_val_t) noexcept { uncount(block); }

namespace tf_injector::detail::test {

// The most that is allocated while `run` runs, beyond what was before.
template <class Run>
size_t most_while(Run run) {
  const int64_t before = allocated;
  most_allocated = before;
  run();
  return static_cast<size_t>(most_allocated - before);
}

// How often something is allocated while `run` runs.
template <class Run>
int64_t allocations_while(Run run) {
  const int64_t before = allocations;
  run();
  return allocations - before;
}

}  // namespace tf_injector::detail::test
