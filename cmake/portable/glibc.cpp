// What objects compiled against a newer glibc ask for and glibc 2.28 does not have. Linked into the portable artefacts only, and hidden.
#include <pthread.h>
#include <sys/random.h>
#include <time.h>

#include <cerrno>
#include <cstdarg>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

extern "C" {

// libstdc++ of GCC 12 leaves out locked instructions while this is not 0. Always 0: always locked.
__attribute__((visibility("hidden"))) char __libc_single_threaded = 0;

// glibc 2.36: libstdc++ (std::random_device) and libarchive. getrandom() may give less than it is asked for, above 256 bytes.
__attribute__((visibility("hidden"))) void arc4random_buf(void* bytes, std::size_t count) {
  auto* next = static_cast<char*>(bytes);
  while (count > 0) {
    const ssize_t got = ::getrandom(next, count, 0);
    if (got < 0 && errno != EINTR) std::abort();
    if (got > 0) {
      next += got;
      count -= static_cast<std::size_t>(got);
    }
  }
}

__attribute__((visibility("hidden"))) std::uint32_t arc4random() {
  std::uint32_t value = 0;
  arc4random_buf(&value, sizeof value);
  return value;
}

// glibc 2.30: waiting until a time of the steady clock (std::condition_variable::wait_for), in place of the system's, which its old kin
// knows alone. When that is set meanwhile, the wait is longer or shorter; libstdc++ looks at the steady clock itself afterwards.
__attribute__((visibility("hidden"))) int pthread_cond_clockwait(pthread_cond_t* condition, pthread_mutex_t* mutex, clockid_t clock,
                                                                 const timespec* until) {
  constexpr long kSecond = 1'000'000'000;
  timespec now{};
  timespec system{};
  if (::clock_gettime(clock, &now) != 0 || ::clock_gettime(CLOCK_REALTIME, &system) != 0) return EINVAL;
  system.tv_sec += until->tv_sec - now.tv_sec;
  system.tv_nsec += until->tv_nsec - now.tv_nsec;
  if (system.tv_nsec < 0) {
    system.tv_nsec += kSecond;
    --system.tv_sec;
  } else if (system.tv_nsec >= kSecond) {
    system.tv_nsec -= kSecond;
    ++system.tv_sec;
  }
  return ::pthread_cond_timedwait(condition, mutex, &system);
}

// Headers of glibc 2.38 and later make __isoc23_strtol of strtol, and so on; those read binary digits ("0b1") too, which nobody needs
// here. All names are given to the assembler, as the headers would rename the calls inside as well.
long old_strtol(const char*, char**, int) asm("strtol");
unsigned long old_strtoul(const char*, char**, int) asm("strtoul");
long long old_strtoll(const char*, char**, int) asm("strtoll");
unsigned long long old_strtoull(const char*, char**, int) asm("strtoull");
int old_vsscanf(const char*, const char*, va_list) asm("vsscanf");

long new_strtol(const char*, char**, int) asm("__isoc23_strtol") __attribute__((visibility("hidden")));
unsigned long new_strtoul(const char*, char**, int) asm("__isoc23_strtoul") __attribute__((visibility("hidden")));
long long new_strtoll(const char*, char**, int) asm("__isoc23_strtoll") __attribute__((visibility("hidden")));
unsigned long long new_strtoull(const char*, char**, int) asm("__isoc23_strtoull") __attribute__((visibility("hidden")));
int new_sscanf(const char*, const char*, ...) asm("__isoc23_sscanf") __attribute__((visibility("hidden")));

long new_strtol(const char* text, char** end, int base) { return old_strtol(text, end, base); }
unsigned long new_strtoul(const char* text, char** end, int base) { return old_strtoul(text, end, base); }
long long new_strtoll(const char* text, char** end, int base) { return old_strtoll(text, end, base); }
unsigned long long new_strtoull(const char* text, char** end, int base) { return old_strtoull(text, end, base); }

int new_sscanf(const char* text, const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  const int read = old_vsscanf(text, format, arguments);
  va_end(arguments);
  return read;
}
}  // extern "C"
