#include "conn/sessions.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/username.h"
#include "conn/conn_base.h"
#include "store/conversation.h"

#define TICK_MS 500
#define CYCLE 60 /* ticks until every connection was looked up */
#define AGAIN_MS 1000

struct session_name {
    struct username user;
    char session[ID_LEN + 1];
};

struct again { /* to be looked up once more */
    struct again *next;
    struct session_name name;
    int64_t due_ms;
};

struct sessions {
    struct conn_server *server;
    uv_timer_t timer;
    size_t at; /* slot of the connection table */
    struct again *first;
    struct again **last;
};

struct lookup {
    struct conn_server *server;
    struct session_name name;
};

static void looked_up(void *context, const struct redisReply *reply)
{
    struct lookup *l = context;

    if (reply_is_int(reply) && reply_int(reply) == 0)
        l->server->kind->session_gone(l->server->context, username_view(&l->name.user),
                                      str_of(l->name.session));
    free(l);
}

static void look_up(struct conn_server *server, const struct session_name *name)
{
    struct redis_command c;
    struct lookup *l = mem_alloc(sizeof *l);

    *l = (struct lookup){server, *name};
    user_session_exists(&c, username_view(&name->user), str_of(name->session));
    if (redis_send(server->daemon->redis, &c, looked_up, l) != OK)
        free(l); /* looked up again later */
}

void sessions_verify(struct sessions *sessions, str user, str session)
{
    struct again *a = mem_zalloc(sizeof *a);

    if (user.n > USERNAME_MAX || session.n != ID_LEN) {
        free(a);
        return;
    }
    memcpy(a->name.user.text, user.p, user.n);
    memcpy(a->name.session, session.p, session.n);
    a->due_ms = clock_mono_ms() + AGAIN_MS;
    *sessions->last = a;
    sessions->last = &a->next;
    look_up(sessions->server, &a->name);
}

static void look_again(struct sessions *s)
{
    while (s->first != NULL && s->first->due_ms <= clock_mono_ms()) {
        struct again *a = s->first;
        s->first = a->next;
        if (s->first == NULL)
            s->last = &s->first;
        look_up(s->server, &a->name);
        free(a);
    }
}

static void look_up_share(struct sessions *s)
{
    const struct conn_table *table = &s->server->table;
    size_t share = table->n / CYCLE + 1;

    for (size_t i = 0; i < share && table->n > 0; i++) {
        s->at = s->at + 1 < table->n ? s->at + 1 : 0;
        const struct conn *conn = conn_table_at(table, s->at);
        if (conn == NULL || conn_base_const(conn)->state != CONN_READY)
            continue;
        struct session_name name = {0};
        str user = s->server->kind->user(conn);
        memcpy(name.user.text, user.p, user.n);
        memcpy(name.session, conn_base_const(conn)->session, sizeof name.session);
        look_up(s->server, &name);
    }
}

static void tick(uv_timer_t *timer)
{
    struct sessions *s = timer->data;

    look_again(s);
    look_up_share(s);
}

struct sessions *sessions_open(struct conn_server *server)
{
    struct sessions *s = mem_zalloc(sizeof *s);

    s->server = server;
    s->last = &s->first;
    (void)uv_timer_init(&server->daemon->loop, &s->timer);
    s->timer.data = s;
    (void)uv_timer_start(&s->timer, tick, TICK_MS, TICK_MS);
    return s;
}

static void timer_closed(uv_handle_t *handle)
{
    struct sessions *s = handle->data;

    while (s->first != NULL) {
        struct again *a = s->first;
        s->first = a->next;
        free(a);
    }
    free(s);
}

void sessions_close(struct sessions **sessions)
{
    uv_close((uv_handle_t *)&(*sessions)->timer, timer_closed);
    *sessions = NULL;
}
