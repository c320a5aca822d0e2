/* What waits to be written to one connection: references to frames, in order, counted in bytes. An empty queue
 * holds no memory, so an idle connection costs nothing for it. Pure. */
#ifndef CHATAPP_WS_OUTQ_H
#define CHATAPP_WS_OUTQ_H

#include <stdbool.h>

#include "ws/frame.h"

struct outq {
    struct frame **ring;
    uint32_t head;
    uint32_t n;
    uint32_t cap;    /* a power of two, or 0 */
    uint32_t offset; /* bytes of the first frame that are written already */
    size_t bytes;    /* still to write */
};

/* Takes over the caller's reference. */
void outq_push(struct outq *q, struct frame *frame);
/* Copies up to `cap` bytes from the front and removes them; returns how many. Only a frame longer than `cap` is cut, and
 * then it is begun alone: what has been begun must be finished before anything else may be written. */
size_t outq_gather(struct outq *q, unsigned char *to, size_t cap);
/* The first frame is half written. */
static inline bool outq_is_begun(const struct outq *q)
{
    return q->offset > 0;
}
void outq_clear(struct outq *q);
/* Moves all of `from`, of which nothing is written yet, to the end of q. */
void outq_append(struct outq *q, struct outq *from);

static inline bool outq_is_empty(const struct outq *q)
{
    return q->n == 0;
}

#endif
