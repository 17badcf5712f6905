/*
 * Fires the pair probespan_values:value_start and value_end once for each line of stdin: a text as hexadecimal bytes
 * ("-" where it is empty), a signed and an unsigned integer of 64 bits, a signed and an unsigned one of 32. Prints
 * "ready" before it reads; ends with stdin. Bound: texts of 2047 bytes.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <sys/sdt.h>

#define TEXT_BYTES_MAX 2048

static char text[TEXT_BYTES_MAX];

static void decode(const char *digits) {
  size_t length = 0;
  unsigned int byte;
  while (length < TEXT_BYTES_MAX - 1 && sscanf(digits + 2 * length, "%2x", &byte) == 1) text[length++] = (char)byte;
  text[length] = '\0';
}

int main(void) {
  char digits[2 * TEXT_BYTES_MAX];
  int64_t signed64, index = 0;
  uint64_t unsigned64;
  int32_t signed32;
  uint32_t unsigned32;
  puts("ready");
  fflush(stdout);
  while (scanf("%4095s %" SCNd64 " %" SCNu64 " %" SCNd32 " %" SCNu32, digits, &signed64, &unsigned64, &signed32,
               &unsigned32) == 5) {
    decode(digits);
    DTRACE_PROBE4(probespan_values, value_start, index, text, signed64, signed32);
    DTRACE_PROBE4(probespan_values, value_end, index, unsigned64, unsigned32, text);
    index++;
  }
  return 0;
}
