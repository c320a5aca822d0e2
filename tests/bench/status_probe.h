/* Pairs of contacts of whom one changes its status at a steady rate and the other waits to see it, in a thread of its
 * own: how long does a change take while something else goes on? */
#ifndef CHATAPP_BENCH_STATUS_PROBE_H
#define CHATAPP_BENCH_STATUS_PROBE_H

#include "accounts.h"
#include "histogram.h"
#include "options.h"

struct status_probe;

struct status_probe_options {
    struct addresses servers;
    const struct accounts *accounts;
    size_t first; /* 2 * pairs accounts: a changes, b sees, a, b, … */
    size_t pairs;
    long rate; /* changes a second, in all */
};

/* Returns when all are signed in. The two of each pair are contacts already. */
struct status_probe *status_probe_start(const struct status_probe_options *options);
/* All changes have been seen, which took so long (in microseconds). */
void status_probe_stop(struct status_probe *probe, struct histogram *seen_out);

#endif
