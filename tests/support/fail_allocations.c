/* Makes allocations fail, for tests: LD_PRELOAD of a program, from its `main` on.
 *
 * TFI_FAIL_ALLOCATION=N     the N-th allocation fails (from 1)
 * TFI_FAIL_ALLOCATION=N+    it and all behind it
 * TFI_COUNT_ALLOCATIONS=F   writes into the file F how many there were, when main returns
 *
 * An allocation is a call of malloc, calloc, realloc (that grows or begins a block), posix_memalign,
 * aligned_alloc, memalign or mmap. Programs without a `main` of their own (Python) call
 * fail_allocations(N, and_all_behind). */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

void* __libc_malloc(size_t);
void* __libc_calloc(size_t, size_t);
void* __libc_realloc(void*, size_t);
void* __libc_memalign(size_t, size_t);

static atomic_long count;
static long first = -1;      /* that fails; -1: none */
static int and_all_behind;
static atomic_int is_armed;

static int refused(void) {
  if (!atomic_load(&is_armed)) return 0;
  const long number = atomic_fetch_add(&count, 1) + 1;
  if (first < 0 || number < first || (number > first && !and_all_behind)) return 0;
  errno = ENOMEM;
  return 1;
}

void fail_allocations(long number, int all_behind) {
  first = number;
  and_all_behind = all_behind;
  atomic_store(&count, 0);
  atomic_store(&is_armed, number != 0);
}

long allocations(void) { return atomic_load(&count); }

void* malloc(size_t size) { return refused() ? NULL : __libc_malloc(size); }
void* calloc(size_t number, size_t size) { return refused() ? NULL : __libc_calloc(number, size); }
void* realloc(void* block, size_t size) {
  return size != 0 && refused() ? NULL : __libc_realloc(block, size);
}
void* memalign(size_t alignment, size_t size) {
  return refused() ? NULL : __libc_memalign(alignment, size);
}
void* aligned_alloc(size_t alignment, size_t size) { return memalign(alignment, size); }
int posix_memalign(void** block, size_t alignment, size_t size) {
  void* memory = memalign(alignment, size);
  if (memory == NULL) return ENOMEM;
  *block = memory;
  return 0;
}
void* mmap(void* address, size_t size, int protection, int flags, int file, off_t offset) {
  if (refused()) return MAP_FAILED;
  return (void*)syscall(SYS_mmap, address, size, protection, flags, file, offset);
}
void* mmap64(void* address, size_t size, int protection, int flags, int file, off_t offset) {
  return mmap(address, size, protection, flags, file, offset);
}

static int (*real_main)(int, char**, char**);

static int counted_main(int argc, char** argv, char** environment) {
  const char* number = getenv("TFI_FAIL_ALLOCATION");
  if (number != NULL) {
    first = atol(number);
    and_all_behind = strchr(number, '+') != NULL;
  }
  atomic_store(&is_armed, 1);
  const int code = real_main(argc, argv, environment);
  atomic_store(&is_armed, 0);
  const char* path = getenv("TFI_COUNT_ALLOCATIONS");
  if (path != NULL) {
    char text[32];
    const int length = snprintf(text, sizeof text, "%ld\n", atomic_load(&count));
    const int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    if (file < 0 || write(file, text, (size_t)length) != length) abort();
    close(file);
  }
  return code;
}

int __libc_start_main(int (*main_function)(int, char**, char**), int argc, char** argv, void (*begin)(void),
                      void (*end)(void), void (*linker_end)(void), void* stack_end) {
  int (*start)(int (*)(int, char**, char**), int, char**, void (*)(void), void (*)(void), void (*)(void), void*);
  *(void**)&start = dlsym(RTLD_NEXT, "__libc_start_main");
  real_main = main_function;
  return start(counted_main, argc, argv, begin, end, linker_end, stack_end);
}
