/* A few pairs who write to each other in a thread of their own, ahead of what else this program does, so that their
 * latencies tell how the server is and not how busy the generator is. */
#ifndef CHATAPP_BENCH_PROBE_H
#define CHATAPP_BENCH_PROBE_H

#include "pairs.h"

struct probe;

/* Signs the pairs in, and starts. */
struct probe *probe_start(const struct pairs_options *options);
/* Stops when all has come, and adds up how long deliveries took. */
void probe_stop(struct probe *probe, struct histogram *delivery);

#endif
