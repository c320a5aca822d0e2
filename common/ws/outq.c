#include "ws/outq.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/mem.h"

#define FIRST_CAPACITY 8

static void grow(struct outq *q)
{
    uint32_t cap = q->cap ? q->cap * 2 : FIRST_CAPACITY;
    struct frame **ring = mem_array(NULL, cap, sizeof(struct frame *));

    for (uint32_t i = 0; i < q->n; i++)
        ring[i] = q->ring[(q->head + i) & (q->cap - 1)];
    free(q->ring);
    q->ring = ring;
    q->cap = cap;
    q->head = 0;
}

static void release_if_empty(struct outq *q)
{
    if (q->n > 0)
        return;
    free(q->ring);
    *q = (struct outq){0};
}

void outq_push(struct outq *q, struct frame *frame)
{
    if (q->n == q->cap)
        grow(q);
    q->ring[(q->head + q->n++) & (q->cap - 1)] = frame;
    q->bytes += frame->n;
}

static void pop(struct outq *q)
{
    frame_unref(q->ring[q->head]);
    q->head = (q->head + 1) & (q->cap - 1);
    q->n--;
    q->offset = 0;
}

size_t outq_gather(struct outq *q, unsigned char *to, size_t cap)
{
    size_t n = 0;

    while (q->n > 0 && n < cap) {
        const struct frame *first = q->ring[q->head];
        size_t left = first->n - q->offset;
        if (left > cap - n && n > 0)
            break;
        size_t part = left < cap - n ? left : cap - n;
        memcpy(to + n, first->bytes + q->offset, part);
        n += part;
        q->offset += (uint32_t)part;
        if (q->offset == first->n)
            pop(q);
    }
    q->bytes -= n;
    release_if_empty(q);
    return n;
}

void outq_append(struct outq *q, struct outq *from)
{
    CHECK(!outq_is_begun(from));
    for (uint32_t i = 0; i < from->n; i++)
        outq_push(q, from->ring[(from->head + i) & (from->cap - 1)]);
    free(from->ring);
    *from = (struct outq){0};
}

void outq_clear(struct outq *q)
{
    while (q->n > 0)
        pop(q);
    q->bytes = 0;
    release_if_empty(q);
}
