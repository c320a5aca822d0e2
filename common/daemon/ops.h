/* The three paths every daemon answers: /healthz, /readyz and /metrics, whatever HTTP library serves
 * them. Thread-safe once set up. */
#ifndef CHATAPP_DAEMON_OPS_H
#define CHATAPP_DAEMON_OPS_H

#include "base/buf.h"

struct ops_answer {
    int status;               /* 200 or 503 */
    const char *content_type; /* static */
    struct buf body;          /* the caller's to fini */
};

/* Called for each /readyz; false adds one line to *why ("redis: connection refused"). NULL: always ready. */
typedef bool ops_ready_fn(void *context, struct buf *why);

void ops_setup(ops_ready_fn *ready, void *context); /* keeps the context */
void ops_drain(void);                               /* from now on /readyz is 503 "draining" */
bool ops_draining(void);
bool ops_ready(void); /* what /readyz says just now */
/* False when `path` is none of the three, or /metrics without --metrics; *answer_out is then untouched. */
bool ops_answer(str path, struct ops_answer *answer_out);

#endif
