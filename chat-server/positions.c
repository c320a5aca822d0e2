#include "positions.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "conn.h"
#include "store/conversation.h"

struct position {
    struct room *room; /* held */
    int64_t seq;
};

/* One connection's; in server->positions_first …, oldest first, until its time is over. */
struct positions {
    struct positions *next;
    struct positions *prev;
    struct conn *conn;
    int64_t until_ms;
    size_t n;
    bool sorted; /* by room, for the one who asks */
    struct position list[];
};

struct positions *positions_new(struct conn *conn, size_t n)
{
    struct server *s = conn->server;
    struct positions *p = mem_zalloc(sizeof *p + n * sizeof p->list[0]);

    p->conn = conn;
    p->until_ms = clock_mono_ms() + POSITIONS_KEPT_MS;
    p->n = n;
    p->prev = s->positions_last;
    *(s->positions_last ? &s->positions_last->next : &s->positions_first) = p;
    s->positions_last = p;
    conn->positions = p;
    return p;
}

void positions_set(struct positions *positions, size_t i, struct room *room, int64_t seq)
{
    room->holds++;
    positions->list[i] = (struct position){room, seq};
}

static int by_room(const void *a, const void *b)
{
    uintptr_t x = (uintptr_t)((const struct position *)a)->room;
    uintptr_t y = (uintptr_t)((const struct position *)b)->room;

    return x < y ? -1 : x > y;
}

static struct position *find(struct positions *p, struct room *room)
{
    struct position wanted = {.room = room};

    if (p == NULL)
        return NULL;
    if (!p->sorted)
        qsort(p->list, p->n, sizeof p->list[0], by_room);
    p->sorted = true;
    return bsearch(&wanted, p->list, p->n, sizeof wanted, by_room);
}

int64_t positions_of(const struct conn *conn, struct room *room, int64_t fallback)
{
    const struct position *found = find(conn->positions, room);
    return found != NULL ? found->seq : fallback;
}

void positions_forget(struct conn *conn, struct room *room)
{
    struct position *found = find(conn->positions, room);
    if (found != NULL)
        found->seq = SEQ_MAX;
}

void positions_drop(struct conn *conn)
{
    struct server *s = conn->server;
    struct positions *p = conn->positions;

    if (p == NULL)
        return;
    conn->positions = NULL;
    *(p->prev ? &p->prev->next : &s->positions_first) = p->next;
    *(p->next ? &p->next->prev : &s->positions_last) = p->prev;
    for (size_t i = 0; i < p->n; i++)
        hub_release_room(&s->hub, p->list[i].room);
    free(p);
}

void positions_expire(struct server *server, int64_t now_ms)
{
    while (server->positions_first != NULL && server->positions_first->until_ms <= now_ms)
        positions_drop(server->positions_first->conn);
}
