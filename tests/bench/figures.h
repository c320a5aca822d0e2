/* What a bench program says: figures on standard output, one `name value` a line, for scripts/bench to read;
 * everything else goes to standard error. A bench that cannot go on, or whose check fails, ends with status 1. */
#ifndef CHATAPP_BENCH_FIGURES_H
#define CHATAPP_BENCH_FIGURES_H

#include "histogram.h"

void figure(const char *name, double value);
void figure_text(const char *name, const char *value);
/* NAME_p50_ms, NAME_p99_ms and NAME_max_ms of a histogram of microseconds. */
void figure_latency(const char *name, const struct histogram *h);

_Noreturn void die(const char *format, ...) __attribute__((format(printf, 1, 2)));
void note(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
