/* Makes writes short: the call really writes fewer bytes than it was given, as a disk that is nearly full or a signal makes it.
   TORTURE_WHEN: only the N-th write of the process, from 1 on (0: every one). TORTURE_MOST: at most so many bytes (0: half). */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/uio.h>
#include <unistd.h>

static atomic_long calls;

static long number(const char* name) {
  const char* text = getenv(name);
  return text ? atol(text) : 0;
}

static size_t shortened(size_t size) {
  const long call = atomic_fetch_add(&calls, 1) + 1, when = number("TORTURE_WHEN"), most = number("TORTURE_MOST");
  if (size < 2 || (when > 0 && call != when)) return size;
  const size_t kept = most > 0 ? (size_t)most : size / 2;
  return kept < size ? kept : size;
}

ssize_t write(int file, const void* data, size_t size) {
  static ssize_t (*next)(int, const void*, size_t);
  if (!next) next = (ssize_t(*)(int, const void*, size_t))dlsym(RTLD_NEXT, "write");
  return next(file, data, shortened(size));
}

ssize_t pwrite(int file, const void* data, size_t size, off_t offset) {
  static ssize_t (*next)(int, const void*, size_t, off_t);
  if (!next) next = (ssize_t(*)(int, const void*, size_t, off_t))dlsym(RTLD_NEXT, "pwrite");
  return next(file, data, shortened(size), offset);
}

ssize_t pwrite64(int file, const void* data, size_t size, off64_t offset) {
  static ssize_t (*next)(int, const void*, size_t, off64_t);
  if (!next) next = (ssize_t(*)(int, const void*, size_t, off64_t))dlsym(RTLD_NEXT, "pwrite64");
  return next(file, data, shortened(size), offset);
}

ssize_t writev(int file, const struct iovec* parts, int count) {
  return count > 0 ? write(file, parts[0].iov_base, parts[0].iov_len) : 0;
}
