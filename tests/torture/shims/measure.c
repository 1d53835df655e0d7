/* measure FILE PROGRAM WORDS...: runs the program and ends as it ended; FILE gets its processor seconds and the KiB that were resident at most.
   A small process of its own, as what a child of a large one seems to have needed begins with what its parent holds. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int count, char** words) {
  if (count < 3) return 2;
  const pid_t child = fork();
  if (child < 0) return 71;
  if (child == 0) {
    execv(words[2], words + 2);
    _exit(127);
  }
  int status;
  struct rusage used;
  while (wait4(child, &status, 0, &used) < 0) continue;
  FILE* file = fopen(words[1], "w");
  if (file) {
    const double seconds = (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) + 1e-6 * (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec);
    fprintf(file, "%.6f %ld\n", seconds, used.ru_maxrss);
    fclose(file);
  }
  if (WIFSIGNALED(status)) {
    signal(WTERMSIG(status), SIG_DFL);
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
    raise(WTERMSIG(status));
  }
  return WEXITSTATUS(status);
}
