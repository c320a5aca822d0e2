#include "positions.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "conn.h"

/* One connection's; in server->positions_first …, oldest first, until its time is over. */
struct positions {
    struct positions *next;
    struct conn_ref conn;
    int64_t until_ms;
    size_t n;
    struct position *list; /* by conversation */
};

static int by_conversation(const void *a, const void *b)
{
    const struct position *x = a;
    const struct position *y = b;

    return memcmp(x->conversation.text, y->conversation.text, CONVERSATION_ID_LEN);
}

void positions_keep(struct conn *conn, struct position *list, size_t n)
{
    struct server *s = conn->server;
    struct positions *p = mem_alloc(sizeof *p);

    qsort(list, n, sizeof list[0], by_conversation);
    *p = (struct positions){
        .conn = conn->ref, .until_ms = clock_mono_ms() + POSITIONS_KEPT_MS, .n = n, .list = list};
    if (s->positions_last != NULL)
        s->positions_last->next = p;
    else
        s->positions_first = p;
    s->positions_last = p;
    conn->positions = p;
}

int64_t positions_of(const struct conn *conn, str conversation, int64_t fallback)
{
    const struct positions *p = conn->positions;
    struct position wanted;

    if (p == NULL || conversation.n != CONVERSATION_ID_LEN)
        return fallback;
    memcpy(wanted.conversation.text, conversation.p, CONVERSATION_ID_LEN);
    const struct position *found = bsearch(&wanted, p->list, p->n, sizeof wanted, by_conversation);
    return found != NULL ? found->seq : fallback;
}

static void drop_first(struct server *s)
{
    struct positions *p = s->positions_first;
    struct conn *conn = conn_table_get(&s->conns, p->conn);

    if (conn != NULL)
        conn->positions = NULL;
    s->positions_first = p->next;
    if (s->positions_first == NULL)
        s->positions_last = NULL;
    free(p->list);
    free(p);
}

void positions_expire(struct server *server, int64_t now_ms)
{
    while (server->positions_first != NULL && server->positions_first->until_ms <= now_ms)
        drop_first(server);
}

void positions_fini(struct server *server)
{
    while (server->positions_first != NULL)
        drop_first(server);
}
