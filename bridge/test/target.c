// The traced program of bridge.e2e.test.ts. Waits for a line on stdin, then fires two probes a round:
//   fixture:work_start(index, text, signed, unsigned), fired from two places, and fixture:work_end(index, status)
// and writes what it did to stdout: "ready", then a line a span, then "done". The line holds the index, the Unix times
// in nanoseconds right before and after the one probe and the other, and the thread.
// Two spans are always open at once. It ends when stdin is closed.
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/sdt.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define TEXTS 8
#define ROUNDS 5
static char texts[TEXTS][64] = {"plain",        "q\"uote",       "back\\slash", "nl\nline tab\tx",
                                "uni\xc3\xa9\xe2\x98\x95", "bad\xff\xfeutf", "ctl\x01\x1f", ""};
static const uint64_t numbers[TEXTS] = {0,
                                        1,
                                        UINT64_MAX,
                                        UINT64_C(1) << 63,
                                        (UINT64_C(1) << 53) + 1,
                                        INT64_MAX,
                                        UINT64_C(1795150740534578541),
                                        (uint64_t)INT64_C(-9007199254740993)};

static int64_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_REALTIME, &t);
  return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

struct interval {
  int64_t before, after;
};

static struct interval begin(uint64_t index) {
  const char *text = texts[index % TEXTS];
  uint64_t number = numbers[index % TEXTS];
  struct interval at = {.before = now()};
  if (index % 2)
    DTRACE_PROBE4(fixture, work_start, index, text, (int64_t)number, number);
  else
    DTRACE_PROBE4(fixture, work_start, index, text, (int64_t)number, number);
  at.after = now();
  return at;
}

static struct interval end(uint64_t index) {
  struct interval at = {.before = now()};
  DTRACE_PROBE2(fixture, work_end, index, (int32_t)(index % 3 == 0 ? 500 : 200));
  at.after = now();
  return at;
}

int main(void) {
  char line[16];
  puts("ready");
  fflush(stdout);
  while (fgets(line, sizeof line, stdin)) {
    struct interval started[TEXTS * ROUNDS + 1];
    started[0] = begin(0);
    for (uint64_t index = 0; index < TEXTS * ROUNDS; index++) {
      started[index + 1] = begin(index + 1);
      usleep(2000);
      struct interval ended = end(index);
      printf("%lu %ld %ld %ld %ld %ld\n", index, started[index].before, started[index].after, ended.before,
             ended.after, syscall(SYS_gettid));
    }
    puts("done");
    fflush(stdout);
  }
  return 0;
}
