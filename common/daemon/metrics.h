/* Metrics in the Prometheus text format 0.0.4. A metric is a static variable of the file that counts;
 * adding to one is a relaxed atomic addition. Registration is at start, before other threads. */
#ifndef CHATAPP_DAEMON_METRICS_H
#define CHATAPP_DAEMON_METRICS_H

#include <stdatomic.h>
#include <stdint.h>

#include "base/buf.h"

enum metric_kind { METRIC_COUNTER, METRIC_GAUGE };

struct metric {
    const char *name; /* "chatapp_chat_messages_total" */
    const char
        *labels; /* "outcome=\"stored\"", or NULL; metrics of one name are registered in a row */
    const char *help;
    enum metric_kind kind;
    _Atomic int64_t value;
    struct metric *next; /* the registry's */
};

#define HISTOGRAM_BUCKETS 14

/* Durations: buckets double from 100 µs; shown in seconds as Prometheus wants it. */
struct histogram {
    const char *name; /* "chatapp_http_request_seconds" */
    const char *labels;
    const char *help;
    _Atomic int64_t buckets[HISTOGRAM_BUCKETS + 1]; /* the last: longer than all */
    _Atomic int64_t sum_us;
    struct histogram *next;
};

/* Keeps the pointer. */
void metric_register(struct metric *metric);
void histogram_register(struct histogram *histogram);
void histogram_observe_us(struct histogram *histogram, int64_t us);

static inline void metric_add(struct metric *metric, int64_t n)
{
    atomic_fetch_add_explicit(&metric->value, n, memory_order_relaxed);
}

static inline void metric_set(struct metric *metric, int64_t value)
{
    atomic_store_explicit(&metric->value, value, memory_order_relaxed);
}

/* All of them, and the process's own (start time, resident memory, CPU seconds, open files). */
void metrics_render(struct buf *out);

#endif
