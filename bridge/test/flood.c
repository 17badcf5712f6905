/*
 * More events than any buffer holds, and then few that go on: PROCESSES processes of THREADS threads fire, once a line
 * comes on stdin, the pair flood:burst_start(id) and burst_end(id) PAIRS times each as fast as they can, then flood:drip
 * every DRIP_MICROSECONDS until the next line. Prints "ready", "flooded PAIRS-IN-ALL", then "done DRIPS-IN-ALL".
 */
#define _GNU_SOURCE
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/sdt.h>
#include <sys/wait.h>
#include <unistd.h>

#define PROCESSES 2
#define THREADS 4
#define PAIRS UINT64_C(5000)
#define DRIP_MICROSECONDS 20000

/* Seen by all processes. */
static struct {
  int stop;
  uint64_t flooded, drips;
} *shared;

static void *work(void *argument) {
  uint64_t first = (uint64_t)(uintptr_t)argument * PAIRS;
  for (uint64_t id = first; id < first + PAIRS; id++) {
    DTRACE_PROBE1(flood, burst_start, id);
    DTRACE_PROBE1(flood, burst_end, id);
  }
  __atomic_add_fetch(&shared->flooded, 1, __ATOMIC_SEQ_CST);
  while (__atomic_load_n(&shared->flooded, __ATOMIC_SEQ_CST) < PROCESSES * THREADS) usleep(1000);
  while (!__atomic_load_n(&shared->stop, __ATOMIC_SEQ_CST)) {
    DTRACE_PROBE1(flood, drip, __atomic_add_fetch(&shared->drips, 1, __ATOMIC_SEQ_CST));
    usleep(DRIP_MICROSECONDS);
  }
  return NULL;
}

static void start(pthread_t *threads) {
  for (uintptr_t at = 0; at < THREADS; at++) pthread_create(&threads[at], NULL, work, (void *)at);
}

static void join(pthread_t *threads) {
  for (int at = 0; at < THREADS; at++) pthread_join(threads[at], NULL);
}

int main(void) {
  char line[16];
  pthread_t threads[THREADS];
  shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) abort();
  puts("ready");
  fflush(stdout);
  if (!fgets(line, sizeof line, stdin)) return 1;
  for (int at = 1; at < PROCESSES; at++) {
    if (fork() != 0) continue;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    start(threads);
    join(threads);
    _exit(0);
  }
  start(threads);
  while (__atomic_load_n(&shared->flooded, __ATOMIC_SEQ_CST) < PROCESSES * THREADS) usleep(1000);
  printf("flooded %" PRIu64 "\n", PROCESSES * THREADS * PAIRS);
  fflush(stdout);
  if (!fgets(line, sizeof line, stdin)) line[0] = 0;
  __atomic_store_n(&shared->stop, 1, __ATOMIC_SEQ_CST);
  join(threads);
  while (wait(NULL) > 0) continue;
  printf("done %" PRIu64 "\n", shared->drips);
  fflush(stdout);
  return 0;
}
