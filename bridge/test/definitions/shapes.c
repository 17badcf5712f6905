// The traced program of good-definitions.e2e.test.ts: fires probes of every shape that a definition knows, and tells on
// stdout what it did. Waits for a line on stdin; then a line a span, and "done". A line: the span's name, two numbers of
// its own, and the Unix nanoseconds right before and after its first and its last probe.
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/sdt.h>
#include <time.h>
#include <unistd.h>

#define ROUNDS 20
static char parent[64] = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
static char linked[64] = "00-1af7651916cd43dd8448eb211c80319c-c7ad6b7169203331-01";
static char message[32] = "no stock \"left\"";

static int64_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_REALTIME, &t);
  return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

struct interval {
  int64_t before, after;
};

static void tell(const char *name, int64_t a, int64_t b, struct interval start, struct interval end) {
  printf("%s %ld %ld %ld %ld %ld %ld\n", name, a, b, start.before, start.after, end.before, end.after);
}

#define FIRE(at, fire)                                                                                                 \
  struct interval at = {.before = now()};                                                                              \
  fire;                                                                                                                \
  at.after = now();

__attribute__((noinline)) int64_t shapes_hash(int64_t n) {
  for (int i = 0; i < 100; i++) __asm__ volatile("");
  return -3 * n;
}

/** Its key has two parts; tenant 9 is left out by the definition. */
static void request(int64_t id) {
  int64_t tenant = id % 5 == 0 ? 9 : id % 2;
  int32_t code = id % 3 == 0 ? 503 : 200;
  FIRE(start, DTRACE_PROBE5(shapes, request_begin, id, tenant, parent, linked, (int32_t)(id % 3)));
  FIRE(called, shapes_hash(id));
  tell("call", id, -3 * id, called, called);
  FIRE(ticked, DTRACE_PROBE1(shapes, tick, id));
  tell("tick", id, 0, ticked, ticked);
  FIRE(retried, DTRACE_PROBE3(shapes, retry, id, tenant, (int32_t)-id));
  FIRE(end, DTRACE_PROBE4(shapes, request_done, tenant, id, code, message));
  if (tenant != 9) tell("request", id, tenant, start, end);
  if (tenant != 9) tell("retry", id, tenant, retried, retried);
}

/** One probe at the end tells how long it took. */
static void flush(int64_t id) {
  int64_t duration = 1000000 + id;
  FIRE(end, DTRACE_PROBE2(shapes, flushed, id, duration));
  struct interval start = {end.before - duration, end.after - duration};
  tell("flush", id, duration, start, end);
}

/** With times of its own, and numbers of every type. */
static void timed(int64_t id) {
  static double ratio;
  ratio = id / 4.0;
  int64_t at = now() - 5000000000, duration = 1234567;
  DTRACE_PROBE2(shapes, timed_begin, id, at);
  DTRACE_PROBE4(shapes, timed_end, id, duration, &ratio, id % 2);
  struct interval start = {at, at}, end = {at + duration, at + duration};
  tell("timed", id, duration, start, end);
}

/** The next one begins before it has ended. */
static void slot(int64_t id) {
  DTRACE_PROBE2(shapes, slot_begin, INT64_C(7), id);
  DTRACE_PROBE1(shapes, lost_begin, id);
  if (id < 0) DTRACE_PROBE1(shapes, never, id);
}

int main(void) {
  char line[16];
  // bpftrace reads only memory that was touched.
  for (volatile char *text = parent; *text; text++) *text = *text;
  for (volatile char *text = linked; *text; text++) *text = *text;
  for (volatile char *text = message; *text; text++) *text = *text;
  puts("ready");
  fflush(stdout);
  if (!fgets(line, sizeof line, stdin)) return 1;
  for (int64_t id = 1; id <= ROUNDS; id++) {
    request(id);
    flush(id);
    timed(id);
    slot(id);
  }
  puts("done");
  fflush(stdout);
  // Until stdin is closed.
  while (fgets(line, sizeof line, stdin)) continue;
  return 0;
}
