/*
 * The shop's USDT probes (provider `fosdem`) as a Node-API addon: each exported function checks its JavaScript
 * arguments, copies strings to its own stack and fires one probe. Times are Unix nanoseconds of the program's own
 * clock. A probe that nobody traces costs its argument copies and one nop; there are no semaphores, so a tracer
 * needs no write access to the process. Built by src/build-addon.ts.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#include <node_api.h>
#include <sys/sdt.h>

/* Bytes of one string as a tracer sees it, its closing NUL included; what is longer is cut. Ids, traceparents and
 * routes are far shorter, and bpftrace reads 64 (up to 0.22) or 1024 bytes of it. */
#define TEXT_BYTES_MAX 256
#define ARGUMENTS_MAX 5
#define CLOCK_READINGS 64
#define NS_PER_S INT64_C(1000000000)

/*
 * CLOCK_REALTIME minus CLOCK_MONOTONIC, measured once when the library is loaded. All probes tell the time as this
 * constant plus the monotonic clock: with one clock that never steps, an operation inside a request can neither
 * begin before nor end after it. Reading the wall clock for each probe would let every NTP step break that.
 */
static int64_t realtime_offset_ns;

static int64_t clock_ns(clockid_t clock) {
  struct timespec now;
  clock_gettime(clock, &now);
  return (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec;
}

/* The wall clock is read between two monotonic readings; the tightest pair wins, so a reading that was interrupted
 * by the scheduler does not count. The error is at most half the winning pair's distance. */
__attribute__((constructor)) static void measure_realtime_offset(void) {
  int64_t tightest_ns = INT64_MAX;
  for (int reading = 0; reading < CLOCK_READINGS; reading++) {
    const int64_t before_ns = clock_ns(CLOCK_MONOTONIC);
    const int64_t wall_ns = clock_ns(CLOCK_REALTIME);
    const int64_t apart_ns = clock_ns(CLOCK_MONOTONIC) - before_ns;
    if (apart_ns < tightest_ns) {
      tightest_ns = apart_ns;
      realtime_offset_ns = wall_ns - (before_ns + apart_ns / 2);
    }
  }
}

static bool refuse(napi_env env, const char *argument, const char *expected) {
  char message[128];
  snprintf(message, sizeof message, "%s must be %s", argument, expected);
  napi_throw_type_error(env, "ERR_INVALID_ARG_TYPE", message);
  return false;
}

static bool read_text(napi_env env, napi_value value, const char *argument, char text[TEXT_BYTES_MAX]) {
  if (napi_get_value_string_utf8(env, value, text, TEXT_BYTES_MAX, NULL) == napi_ok) return true;
  return refuse(env, argument, "a string");
}

static bool read_uint64(napi_env env, napi_value value, const char *argument, uint64_t *number) {
  bool lossless = false;
  if (napi_get_value_bigint_uint64(env, value, number, &lossless) == napi_ok && lossless) return true;
  return refuse(env, argument, "a BigInt from 0 to 2^64 - 1");
}

static bool read_int64(napi_env env, napi_value value, const char *argument, int64_t *number) {
  bool lossless = false;
  if (napi_get_value_bigint_int64(env, value, number, &lossless) == napi_ok && lossless) return true;
  return refuse(env, argument, "a BigInt from -2^63 to 2^63 - 1");
}

static bool read_int32(napi_env env, napi_value value, const char *argument, int32_t *number) {
  double exact = 0;
  /* Node-API turns NaN, fractions and what does not fit into some int32 without complaint: compare. */
  if (napi_get_value_double(env, value, &exact) == napi_ok &&
      napi_get_value_int32(env, value, number) == napi_ok && (double)*number == exact)
    return true;
  return refuse(env, argument, "an integer number of 32 bits");
}

static bool read_boolean(napi_env env, napi_value value, const char *argument, int32_t *number) {
  bool truth = false;
  if (napi_get_value_bool(env, value, &truth) != napi_ok) return refuse(env, argument, "a boolean");
  *number = truth ? 1 : 0;
  return true;
}

/* Fills `values`; Node-API gives `undefined` for those left out, which every reader above refuses. */
static bool read_arguments(napi_env env, napi_callback_info info, napi_value values[ARGUMENTS_MAX]) {
  size_t count = ARGUMENTS_MAX;
  return napi_get_cb_info(env, info, &count, values, NULL, NULL) == napi_ok;
}

static napi_value request_start(napi_env env, napi_callback_info info) {
  napi_value values[ARGUMENTS_MAX];
  char reqid[TEXT_BYTES_MAX], traceparent[TEXT_BYTES_MAX], method[TEXT_BYTES_MAX];
  uint64_t unix_ns;
  if (read_arguments(env, info, values) && read_text(env, values[0], "reqid", reqid) &&
      read_uint64(env, values[1], "unix_ns", &unix_ns) &&
      read_text(env, values[2], "traceparent", traceparent) && read_text(env, values[3], "method", method))
    DTRACE_PROBE4(fosdem, request_start, reqid, unix_ns, traceparent, method);
  return NULL;
}

static napi_value request_end(napi_env env, napi_callback_info info) {
  napi_value values[ARGUMENTS_MAX];
  char reqid[TEXT_BYTES_MAX], route[TEXT_BYTES_MAX];
  uint64_t start_unix_ns, duration_ns;
  int32_t status;
  if (read_arguments(env, info, values) && read_text(env, values[0], "reqid", reqid) &&
      read_uint64(env, values[1], "start_unix_ns", &start_unix_ns) &&
      read_uint64(env, values[2], "duration_ns", &duration_ns) &&
      read_int32(env, values[3], "status", &status) && read_text(env, values[4], "route", route))
    DTRACE_PROBE5(fosdem, request_end, reqid, start_unix_ns, duration_ns, status, route);
  return NULL;
}

static napi_value query_start(napi_env env, napi_callback_info info) {
  napi_value values[ARGUMENTS_MAX];
  char reqid[TEXT_BYTES_MAX], statement[TEXT_BYTES_MAX];
  uint64_t unix_ns;
  if (read_arguments(env, info, values) && read_text(env, values[0], "reqid", reqid) &&
      read_uint64(env, values[1], "unix_ns", &unix_ns) &&
      read_text(env, values[2], "statement", statement))
    DTRACE_PROBE3(fosdem, query_start, reqid, unix_ns, statement);
  return NULL;
}

static napi_value query_end(napi_env env, napi_callback_info info) {
  napi_value values[ARGUMENTS_MAX];
  char reqid[TEXT_BYTES_MAX];
  uint64_t start_unix_ns, duration_ns;
  int64_t rows;
  if (read_arguments(env, info, values) && read_text(env, values[0], "reqid", reqid) &&
      read_uint64(env, values[1], "start_unix_ns", &start_unix_ns) &&
      read_uint64(env, values[2], "duration_ns", &duration_ns) && read_int64(env, values[3], "rows", &rows))
    DTRACE_PROBE4(fosdem, query_end, reqid, start_unix_ns, duration_ns, rows);
  return NULL;
}

static napi_value payment_start(napi_env env, napi_callback_info info) {
  napi_value values[ARGUMENTS_MAX];
  char reqid[TEXT_BYTES_MAX], provider[TEXT_BYTES_MAX];
  uint64_t unix_ns;
  int64_t amount_cents;
  if (read_arguments(env, info, values) && read_text(env, values[0], "reqid", reqid) &&
      read_uint64(env, values[1], "unix_ns", &unix_ns) &&
      read_text(env, values[2], "provider", provider) &&
      read_int64(env, values[3], "amount_cents", &amount_cents))
    DTRACE_PROBE4(fosdem, payment_start, reqid, unix_ns, provider, amount_cents);
  return NULL;
}

static napi_value payment_end(napi_env env, napi_callback_info info) {
  napi_value values[ARGUMENTS_MAX];
  char reqid[TEXT_BYTES_MAX];
  uint64_t start_unix_ns, duration_ns;
  int32_t approved;
  if (read_arguments(env, info, values) && read_text(env, values[0], "reqid", reqid) &&
      read_uint64(env, values[1], "start_unix_ns", &start_unix_ns) &&
      read_uint64(env, values[2], "duration_ns", &duration_ns) &&
      read_boolean(env, values[3], "approved", &approved))
    DTRACE_PROBE4(fosdem, payment_end, reqid, start_unix_ns, duration_ns, approved);
  return NULL;
}

static napi_value realtime_offset(napi_env env, napi_callback_info info) {
  (void)info;
  napi_value offset = NULL;
  napi_create_bigint_int64(env, realtime_offset_ns, &offset);
  return offset;
}

NAPI_MODULE_INIT() {
  const napi_property_descriptor functions[] = {
      {"requestStart", NULL, request_start, NULL, NULL, NULL, napi_enumerable, NULL},
      {"requestEnd", NULL, request_end, NULL, NULL, NULL, napi_enumerable, NULL},
      {"queryStart", NULL, query_start, NULL, NULL, NULL, napi_enumerable, NULL},
      {"queryEnd", NULL, query_end, NULL, NULL, NULL, napi_enumerable, NULL},
      {"paymentStart", NULL, payment_start, NULL, NULL, NULL, napi_enumerable, NULL},
      {"paymentEnd", NULL, payment_end, NULL, NULL, NULL, napi_enumerable, NULL},
      {"realtimeOffsetNs", NULL, realtime_offset, NULL, NULL, NULL, napi_enumerable, NULL},
  };
  const size_t count = sizeof functions / sizeof functions[0];
  if (napi_define_properties(env, exports, count, functions) != napi_ok) return NULL;
  return exports;
}
