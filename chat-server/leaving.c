#include "leaving.h"

#include <stdlib.h>

#include "base/map.h"
#include "base/mem.h"
#include "server.h"
#include "store/conversation.h"

#define TICK_MS 5
#define A_TICK 100

enum kind { CONVERSATION = 'c', USER = 'u' };

struct leaver {
    struct leaver *next;
    size_t n;
    char key[]; /* the kind, then the name */
};

struct leaving {
    struct server *server;
    uv_timer_t timer;
    struct map known; /* the leavers, by key */
    struct leaver *first;
    struct leaver *last;
};

static str name_of(const struct leaver *l)
{
    return str_from(l->key + 1, l->n - 1);
}

/* False: Redis cannot take it at the moment. */
static bool leave(struct server *s, const struct leaver *l)
{
    struct redis_command c;
    bool is_user = l->key[0] == USER;

    if (is_user ? hub_user(&s->hub, name_of(l)) != NULL : hub_room(&s->hub, name_of(l)) != NULL)
        return true;
    if (is_user)
        user_leave_node(&c, name_of(l), server_node(s));
    else
        conversation_remove_node(&c, name_of(l), server_node(s));
    return redis_send(s->redis, &c, NULL, NULL) == OK;
}

static void pop(struct leaving *leaving)
{
    struct leaver *l = leaving->first;

    leaving->first = l->next;
    if (leaving->first == NULL)
        leaving->last = NULL;
    map_remove(&leaving->known, str_from(l->key, l->n));
    free(l);
}

static void some(uv_timer_t *timer)
{
    struct leaving *leaving = timer->data;

    for (int i = 0; i < A_TICK && leaving->first != NULL; i++) {
        if (!leave(leaving->server, leaving->first))
            return;
        pop(leaving);
    }
    if (leaving->first == NULL)
        (void)uv_timer_stop(timer);
}

static void add(struct leaving *leaving, enum kind kind, str name)
{
    struct leaver *l = mem_alloc(sizeof *l + 1 + name.n);

    l->next = NULL;
    l->n = 1 + name.n;
    l->key[0] = (char)kind;
    memcpy(l->key + 1, name.p, name.n);
    if (map_get(&leaving->known, str_from(l->key, l->n)) != NULL) {
        free(l);
        return;
    }
    map_put(&leaving->known, str_from(l->key, l->n), l);
    *(leaving->last ? &leaving->last->next : &leaving->first) = l;
    leaving->last = l;
    if (!uv_is_active((uv_handle_t *)&leaving->timer))
        (void)uv_timer_start(&leaving->timer, some, TICK_MS, TICK_MS);
}

void leaving_conversation(struct leaving *leaving, str id)
{
    add(leaving, CONVERSATION, id);
}

void leaving_user(struct leaving *leaving, str name)
{
    add(leaving, USER, name);
}

struct leaving *leaving_open(struct server *server)
{
    struct leaving *leaving = mem_zalloc(sizeof *leaving);

    leaving->server = server;
    (void)uv_timer_init(&server->daemon.loop, &leaving->timer);
    leaving->timer.data = leaving;
    return leaving;
}

static void timer_closed(uv_handle_t *handle)
{
    struct leaving *leaving = handle->data;

    while (leaving->first != NULL)
        pop(leaving);
    map_fini(&leaving->known);
    free(leaving);
}

void leaving_close(struct leaving **leaving)
{
    uv_close((uv_handle_t *)&(*leaving)->timer, timer_closed);
    *leaving = NULL;
}
