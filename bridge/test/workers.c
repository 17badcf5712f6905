// The traced program of process-end.e2e.test.ts. For each line of stdin a job begins, work:job_start(number of the
// line), that never ends: for "fork" in a worker process of its own, whose pid is written; for "self" in the program's
// own process, whose pid is written. For "become" the program becomes another one, cat.
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/sdt.h>
#include <unistd.h>

int main(void) {
  char line[64];
  signal(SIGCHLD, SIG_IGN);
  for (volatile unsigned long number = 1; fgets(line, sizeof line, stdin); number++) {
    if (strcmp(line, "become\n") == 0) execlp("cat", "cat", (char *)0);
    pid_t pid = strcmp(line, "fork\n") == 0 ? fork() : getpid();
    if (pid == 0 || pid == getpid()) DTRACE_PROBE1(work, job_start, number);
    if (pid == 0) {
      for (;;) pause();
    }
    if (number == 0) DTRACE_PROBE1(work, job_end, number);
    printf("%d\n", pid);
    fflush(stdout);
  }
  return 0;
}
