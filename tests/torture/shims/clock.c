/* A clock that is wrong: what time(), gettimeofday and clock_gettime(CLOCK_REALTIME) say jumps. TORTURE_START: seconds that are added from the
   start on; TORTURE_JUMP: seconds that are added as well from the TORTURE_WHEN-th question on. CLOCK_MONOTONIC does not jump. */
#define _GNU_SOURCE
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static atomic_long questions;

static long number(const char* name) {
  const char* text = getenv(name);
  return text ? atol(text) : 0;
}

static time_t offset(void) {
  const long question = atomic_fetch_add(&questions, 1) + 1;
  return number("TORTURE_START") + (question >= number("TORTURE_WHEN") ? number("TORTURE_JUMP") : 0);
}

int clock_gettime(clockid_t clock, struct timespec* now) {
  const long failed = syscall(SYS_clock_gettime, clock, now);
  if (!failed && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) now->tv_sec += offset();
  return (int)failed;
}

int gettimeofday(struct timeval* restrict now, void* restrict zone) {
  struct timespec time;
  (void)zone;
  const int failed = clock_gettime(CLOCK_REALTIME, &time);
  if (!failed) {
    now->tv_sec = time.tv_sec;
    now->tv_usec = time.tv_nsec / 1000;
  }
  return failed;
}

time_t time(time_t* result) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (result) *result = now.tv_sec;
  return now.tv_sec;
}
