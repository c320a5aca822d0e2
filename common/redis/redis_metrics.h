/* What the process's connections to Redis count, the pool's and the asynchronous ones' together. */
#ifndef CHATAPP_REDIS_REDIS_METRICS_H
#define CHATAPP_REDIS_REDIS_METRICS_H

#include "daemon/metrics.h"

struct redis_metrics {
    struct metric connected;  /* signed in now */
    struct metric reconnects; /* signed in again after a loss */
    struct metric commands;   /* sent */
    struct metric errors;     /* error replies */
    struct metric in_flight;  /* sent, not answered yet */
};

extern struct redis_metrics REDIS_METRICS; /* registry */

/* At start, before other threads; does nothing when it was done before. */
void redis_metrics_register(void);

#endif
