/* How often each duration occurred, to within 1.6 %, in constant memory: 64 buckets for each power of two.
 * {0} is an empty one. Pure. */
#ifndef CHATAPP_BENCH_HISTOGRAM_H
#define CHATAPP_BENCH_HISTOGRAM_H

#include <stdint.h>

#define HISTOGRAM_SUB_BITS 6
#define HISTOGRAM_POWERS 36
#define HISTOGRAM_BUCKETS (HISTOGRAM_POWERS << HISTOGRAM_SUB_BITS)

struct histogram {
    uint64_t n;
    uint64_t max;
    uint64_t buckets[HISTOGRAM_BUCKETS];
};

/* Negative durations (a clock read too early) count as 0. */
void histogram_add(struct histogram *h, int64_t value);
/* The smallest value that at least the share `q` (0..1) does not exceed; 0 when empty. */
uint64_t histogram_quantile(const struct histogram *h, double q);

#endif
