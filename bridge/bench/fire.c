// Fires a start and an end probe as fast as it can: `fire SECONDS` waits for a line on stdin, then fires, prints how
// many pairs, and waits for the end of stdin.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <sys/sdt.h>

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int main(int argc, char **argv) {
  double seconds = argc > 1 ? atof(argv[1]) : 5;
  uint64_t pairs = 0;
  if (getchar() == EOF) return 1;
  for (double end = now() + seconds; now() < end;) {
    // The clock is read once in a while only: it would cost as much as the probes.
    for (int i = 0; i < 100; i++, pairs++) {
      DTRACE_PROBE2(bench, work_start, pairs, 7);
      DTRACE_PROBE2(bench, work_end, pairs, 200);
    }
  }
  printf("%llu\n", (unsigned long long)pairs);
  fflush(stdout);
  while (getchar() != EOF) {
  }
  return 0;
}
