/* Makes allocations fail, from main on. TORTURE_WHEN: the N-th, from 1 on (0: none); TORTURE_EVER: and all behind it.
   TORTURE_COUNT: a file that gets the number of allocations at the end. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

extern void* __libc_malloc(size_t);
extern void* __libc_calloc(size_t, size_t);
extern void* __libc_realloc(void*, size_t);
extern void* __libc_memalign(size_t, size_t);

static atomic_long calls;
static atomic_int in_main;
static long when, ever;
static int (*real_main)(int, char**, char**);

static int fails(void) {
  if (!atomic_load_explicit(&in_main, memory_order_relaxed)) return 0;
  const long call = atomic_fetch_add(&calls, 1) + 1;
  if (when > 0 && (call == when || (ever && call > when))) {
    errno = ENOMEM;
    return 1;
  }
  return 0;
}

void* malloc(size_t size) { return fails() ? NULL : __libc_malloc(size); }
void* calloc(size_t count, size_t size) { return fails() ? NULL : __libc_calloc(count, size); }
void* realloc(void* data, size_t size) { return fails() ? NULL : __libc_realloc(data, size); }
void* memalign(size_t alignment, size_t size) { return fails() ? NULL : __libc_memalign(alignment, size); }
void* aligned_alloc(size_t alignment, size_t size) { return fails() ? NULL : __libc_memalign(alignment, size); }

int posix_memalign(void** data, size_t alignment, size_t size) {
  if (fails()) return ENOMEM;
  *data = __libc_memalign(alignment, size);
  return *data ? 0 : ENOMEM;
}

__attribute__((destructor)) static void tell(void) {
  const char* path = getenv("TORTURE_COUNT");
  if (!path || !atomic_load(&in_main)) return;
  char text[24];
  long number = atomic_load(&calls);
  size_t place = sizeof text;
  do text[--place] = (char)('0' + number % 10);
  while ((number /= 10) > 0);
  const int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
  if (file >= 0 && write(file, text + place, sizeof text - place) >= 0) close(file);
}

static int counted_main(int count, char** words, char** variables) {
  atomic_store(&in_main, 1);
  return real_main(count, words, variables);
}

int __libc_start_main(int (*main)(int, char**, char**), int count, char** words, void (*init)(void), void (*fini)(void),
                      void (*loader)(void), void* stack) {
  int (*next)(int (*)(int, char**, char**), int, char**, void (*)(void), void (*)(void), void (*)(void), void*);
  *(void**)&next = dlsym(RTLD_NEXT, "__libc_start_main");
  const char* text = getenv("TORTURE_WHEN");
  when = text ? atol(text) : 0;
  text = getenv("TORTURE_EVER");
  ever = text ? atol(text) : 0;
  real_main = main;
  return next(counted_main, count, words, init, fini, loader, stack);
}
