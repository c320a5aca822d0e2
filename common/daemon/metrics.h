/* Metrics in the Prometheus text format 0.0.4. A metric is a static variable of the file that counts;
 * adding to one is a relaxed atomic addition. Registration is at start, before other threads.
 *
 * The values are not in the metrics but in cells, so that the workers of one daemon (workers.h) can count in memory
 * that all of them see, each in a slot of its own: whichever is asked shows what all have counted, with a label
 * `worker`. They run the same program, which registers the same metrics in the same order. */
#ifndef CHATAPP_DAEMON_METRICS_H
#define CHATAPP_DAEMON_METRICS_H

#include <stdatomic.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"

enum metric_kind { METRIC_COUNTER, METRIC_GAUGE };

struct metric {
    const char *name; /* "chatapp_chat_messages_total" */
    /* "outcome=\"stored\"", or NULL. Metrics of one name are registered in a row. */
    const char *labels;
    const char *help;
    enum metric_kind kind;
    unsigned cell; /* the registry's, as is the next */
    struct metric *next;
};

#define HISTOGRAM_BUCKETS 14

/* Durations: buckets double from 100 µs; shown in seconds as Prometheus wants it. */
struct histogram {
    const char *name; /* "chatapp_http_request_seconds" */
    const char *labels;
    const char *help;
    unsigned cell; /* of its first bucket; the last one has what is longer; then the sum in µs */
    struct histogram *next;
};

/* --metrics; set before other threads start. False: nobody is told, so only gauges are kept, which the daemon itself may ask. */
extern bool metrics_on;

/* This process's slot. What is not registered counts in the first cells, which nobody sees. */
extern _Atomic int64_t *metric_cells;

/* Keeps the pointer. */
void metric_register(struct metric *metric);
void histogram_register(struct histogram *histogram);
void histogram_observe_us(struct histogram *histogram, int64_t us);

static inline void metric_add(struct metric *metric, int64_t n)
{
    if (metrics_on || metric->kind == METRIC_GAUGE)
        atomic_fetch_add_explicit(&metric_cells[metric->cell], n, memory_order_relaxed);
}

static inline void metric_set(struct metric *metric, int64_t value)
{
    atomic_store_explicit(&metric_cells[metric->cell], value, memory_order_relaxed);
}

static inline int64_t metric_value(const struct metric *metric)
{
    return atomic_load_explicit(&metric_cells[metric->cell], memory_order_relaxed);
}

/* All of them, and the process's own (start time, resident memory, CPU seconds, open files). */
void metrics_render(struct buf *out);

/* ---- of several processes ---- */

/* Before they are forked: makes n slots, all zero, that each of them will see. Once. False: no memory. */
bool metrics_share(size_t n);
/* In the worker: counts in this slot from now on. */
void metrics_count_in(size_t slot);
/* Zeroes the slot of a worker that has ended. */
void metrics_clear(size_t slot);
/* For the supervisor, which counts in no slot of its own. */
void metrics_set_in(size_t slot, const struct metric *metric, int64_t value);

#endif
