// The traced program of supervision.e2e.test.ts: fires sup:job_start(index) and sup:job_end(index), and in between
// sup:step_start and sup:step_end, every 10 ms from the first index given on, as many times as given (0: without end).
// Writes "ready" first.
#include <stdio.h>
#include <stdlib.h>
#include <sys/sdt.h>
#include <unistd.h>

int main(int count, char **arguments) {
  if (count < 3) return 2;
  unsigned long first = strtoul(arguments[1], 0, 10), times = strtoul(arguments[2], 0, 10);
  puts("ready");
  fflush(stdout);
  for (unsigned long index = first; times == 0 || index < first + times; index++) {
    DTRACE_PROBE1(sup, job_start, index);
    DTRACE_PROBE1(sup, step_start, index);
    usleep(5000);
    DTRACE_PROBE1(sup, step_end, index);
    DTRACE_PROBE1(sup, job_end, index);
    usleep(5000);
  }
  return 0;
}
