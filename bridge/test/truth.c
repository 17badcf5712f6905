/*
 * Fires the probes truth:request_*, call_* and job_* as unkindly as a real program would, and writes what is true of
 * them: PROCESSES processes (two are forked when a line comes on stdin) of THREADS threads each. Requests begin on one
 * thread and end on the next, under ids that are used again at once; calls recurse; jobs have texts for keys that
 * differ in invalid bytes only. Of a hundred starts one has no end, of a hundred ends one has no start.
 * Out: FOLDER/PID, a line a span: kind, serial, parent's serial or 0, tid, then the Unix nanoseconds right before and
 * after the start and the end (0 where there is none), key and text as hexadecimal bytes ("-": none). Prints "ready",
 * then "done"; ends with stdin.
 */
#define _GNU_SOURCE
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sdt.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PROCESSES 3
#define THREADS 4
#define ROUNDS 300
#define IDS 256
/* Of bpftrace 0.17 62 bytes of a string are shown. */
#define TEXT_BYTES 64

static const char *const texts[] = {"plain",
                                    "a \"quoted\" word",
                                    "back\\slash, \\\"both\\\"",
                                    "line\nend, tab\t, return\r",
                                    "control \x01\x1f\x7f",
                                    "na\xc3\xafve caf\xc3\xa9 \xe2\x98\x95 \xf0\x9f\x98\x80",
                                    "bad\xff\xfe x",
                                    "cut caf\xc3",
                                    "\x80\xbf",
                                    "",
                                    "{\"event\":\"x_start\",\"reqid\":\"%s\"}",
                                    "\\uffffffc3 as it is written",
                                    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"};
#define TEXTS (sizeof texts / sizeof *texts)

struct interval {
  int64_t before, after;
};

struct span {
  uint64_t serial, id;
  long tid;
  char text[TEXT_BYTES];
  struct interval start, end;
};

/* What a thread is handed by the one before it. */
struct queue {
  pthread_mutex_t lock;
  struct span *spans[IDS];
  unsigned count;
};

static int process;
static FILE *truth;
static pthread_mutex_t truth_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t ids_lock = PTHREAD_MUTEX_INITIALIZER;
static uint64_t ids[IDS];
static unsigned ids_free = IDS;
static uint64_t serials;
static struct queue queues[THREADS];
static pthread_barrier_t all_begun;

static int64_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_REALTIME, &t);
  return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

static long own_tid(void) { return syscall(SYS_gettid); }

static uint64_t next_serial(void) {
  return process * UINT64_C(1000000) + __atomic_add_fetch(&serials, 1, __ATOMIC_RELAXED);
}

static int has_no_end(uint64_t serial) { return serial % 100 == 7; }
static int has_no_start(uint64_t serial) { return serial % 100 == 57; }

static uint64_t take_id(void) {
  pthread_mutex_lock(&ids_lock);
  if (ids_free == 0) abort();
  uint64_t id = ids[--ids_free];
  pthread_mutex_unlock(&ids_lock);
  return id;
}

static void give_id(uint64_t id) {
  pthread_mutex_lock(&ids_lock);
  ids[ids_free++] = id;
  pthread_mutex_unlock(&ids_lock);
}

static void write_hex(const char *bytes) {
  if (bytes == NULL) fputs(" -", truth);
  else fputc(' ', truth);
  for (; bytes && *bytes; bytes++) fprintf(truth, "%02x", (unsigned char)*bytes);
}

static void tell(const char *kind, const struct span *span, uint64_t parent, const char *key, const char *text) {
  pthread_mutex_lock(&truth_lock);
  fprintf(truth, "%s %" PRIu64 " %" PRIu64 " %ld %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64, kind, span->serial,
          parent, span->tid, span->start.before, span->start.after, span->end.before, span->end.after);
  write_hex(key);
  write_hex(text);
  fputc('\n', truth);
  pthread_mutex_unlock(&truth_lock);
}

static void tell_request(const struct span *span) {
  char key[32];
  snprintf(key, sizeof key, "%" PRIu64, span->id);
  tell("request", span, 0, key, span->text);
}

static void start_request(struct span *span) {
  span->start.before = now();
  DTRACE_PROBE3(truth, request_start, span->id, span->text, span->serial);
  span->start.after = now();
}

static void end_request(struct span *span) {
  span->end.before = now();
  DTRACE_PROBE2(truth, request_end, span->id, span->serial);
  span->end.after = now();
}

static void hand_on(struct queue *queue, struct span *span) {
  pthread_mutex_lock(&queue->lock);
  if (queue->count == IDS) abort();
  queue->spans[queue->count++] = span;
  pthread_mutex_unlock(&queue->lock);
}

static void begin_request(struct queue *next) {
  struct span *span = calloc(1, sizeof *span);
  span->serial = next_serial();
  span->tid = own_tid();
  strcpy(span->text, texts[span->serial % TEXTS]);
  if (has_no_end(span->serial)) {
    span->id = IDS + span->serial;
    start_request(span);
  } else if (has_no_start(span->serial)) {
    span->id = take_id();
    end_request(span);
    give_id(span->id);
  } else {
    span->id = take_id();
    start_request(span);
    hand_on(next, span);
    return;
  }
  tell_request(span);
  free(span);
}

/* Ends what came from the other thread, the oldest first. */
static void end_requests(struct queue *queue) {
  struct span *spans[IDS];
  pthread_mutex_lock(&queue->lock);
  unsigned count = queue->count;
  memcpy(spans, queue->spans, count * sizeof *spans);
  queue->count = 0;
  pthread_mutex_unlock(&queue->lock);
  for (unsigned at = 0; at < count; at++) {
    end_request(spans[at]);
    give_id(spans[at]->id);
    tell_request(spans[at]);
    free(spans[at]);
  }
}

static void start_call(struct span *span) {
  span->start.before = now();
  DTRACE_PROBE1(truth, call_start, span->serial);
  span->start.after = now();
}

static void end_call(struct span *span) {
  span->end.before = now();
  DTRACE_PROBE1(truth, call_end, span->serial);
  span->end.after = now();
}

/* Calls itself twice, so that two calls of one depth follow each other below one that is open. */
static void call(unsigned depth, uint64_t parent) {
  struct span span = {.serial = next_serial(), .tid = own_tid()};
  int lacks_start = parent == 0 && has_no_start(span.serial);
  if (!lacks_start) start_call(&span);
  for (int times = 0; depth > 0 && times < 2 && !lacks_start; times++) call(depth - 1, span.serial);
  end_call(&span);
  tell("call", &span, lacks_start ? 0 : parent, NULL, NULL);
}

static void start_job(struct span *span) {
  span->start.before = now();
  DTRACE_PROBE2(truth, job_start, span->text, span->serial);
  span->start.after = now();
}

static void end_job(struct span *span) {
  span->end.before = now();
  DTRACE_PROBE2(truth, job_end, span->text, span->serial);
  span->end.after = now();
}

/* Two that are open at once. */
static void do_jobs(int thread) {
  struct span jobs[2] = {0};
  int lacks_start[2], lacks_end[2];
  for (int at = 0; at < 2; at++) {
    struct span *job = &jobs[at];
    job->serial = next_serial();
    job->tid = own_tid();
    lacks_start[at] = has_no_start(job->serial);
    lacks_end[at] = has_no_end(job->serial);
    snprintf(job->text, sizeof job->text, "\"j\xc3\xb6\x62\" %d\\%c", thread, at ? 0xff : 0xfe);
    if (lacks_end[at]) snprintf(job->text, sizeof job->text, "open %" PRIu64, job->serial);
    if (!lacks_start[at]) start_job(job);
  }
  for (int at = 0; at < 2; at++) {
    if (!lacks_end[at]) end_job(&jobs[at]);
    tell("job", &jobs[at], 0, jobs[at].text, NULL);
  }
}

static void *work(void *argument) {
  int thread = (int)(intptr_t)argument;
  struct queue *own = &queues[thread], *next = &queues[(thread + 1) % THREADS];
  for (int round = 0; round < ROUNDS; round++) {
    begin_request(next);
    call(round % 3, 0);
    do_jobs(thread);
    end_requests(own);
    usleep(500);
  }
  pthread_barrier_wait(&all_begun);
  end_requests(own);
  /* It leaves in the middle of a call. */
  struct span last = {.serial = next_serial(), .tid = own_tid()};
  start_call(&last);
  tell("call", &last, 0, NULL, NULL);
  return NULL;
}

static void run(const char *folder) {
  char path[4096];
  pthread_t threads[THREADS];
  snprintf(path, sizeof path, "%s/%d", folder, getpid());
  truth = fopen(path, "w");
  if (!truth) abort();
  for (unsigned id = 0; id < IDS; id++) ids[id] = id;
  pthread_barrier_init(&all_begun, NULL, THREADS);
  for (int at = 0; at < THREADS; at++) pthread_mutex_init(&queues[at].lock, NULL);
  for (int at = 0; at < THREADS; at++) pthread_create(&threads[at], NULL, work, (void *)(intptr_t)at);
  for (int at = 0; at < THREADS; at++) pthread_join(threads[at], NULL);
  fclose(truth);
}

int main(int count, char **arguments) {
  char line[16];
  if (count != 2) return 2;
  puts("ready");
  fflush(stdout);
  if (!fgets(line, sizeof line, stdin)) return 1;
  for (int at = 1; at < PROCESSES; at++) {
    if (fork() != 0) continue;
    process = at;
    run(arguments[1]);
    _exit(0);
  }
  run(arguments[1]);
  while (wait(NULL) > 0) continue;
  puts("done");
  fflush(stdout);
  while (fgets(line, sizeof line, stdin)) continue;
  return 0;
}
