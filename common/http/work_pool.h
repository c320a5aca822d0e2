/* A few threads behind a bounded queue, for work that takes long: hashing passwords, waiting for another server. */
#ifndef CHATAPP_HTTP_WORK_POOL_H
#define CHATAPP_HTTP_WORK_POOL_H

#include <stddef.h>

#include "base/err.h"
#include "daemon/metrics.h"

struct work_pool;

typedef void work_fn(void *argument);

struct work_pool_options {
    size_t threads;
    size_t queue_max;
    int nice;             /* 10 for what computes, so that the server's own threads come first */
    struct metric *depth; /* how many wait; registered by the caller. NULL: nobody wants to know */
};

struct work_pool *work_pool_new(const struct work_pool_options *options);
/* ERR_FULL: no thread is idle and queue_max wait already, or the pool is being stopped. Thread-safe. */
MUST_USE enum err work_pool_submit(struct work_pool *pool, work_fn *work, void *argument);
/* Runs what is queued still, then ends the threads; what is submitted from then on is refused. */
void work_pool_stop(struct work_pool *pool);
/* After that, and once nobody submits any more. *pool is NULL afterwards. */
void work_pool_free(struct work_pool **pool);

#endif
