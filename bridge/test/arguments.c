// The traced program of arguments.e2e.test.ts: fires a probe of nine arguments ten times a second, arg0 to arg8 being 100
// to 108, until it is killed.
#include <sys/sdt.h>
#include <unistd.h>

int main(void) {
  for (long first = 100;; usleep(100000)) {
    STAP_PROBE9(many, nine, first, first + 1, first + 2, first + 3, first + 4, first + 5, first + 6, first + 7,
                first + 8);
  }
}
