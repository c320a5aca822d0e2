/*     IN_LINE ──its turn──► SESSION ──its conversations──► VIEWS ──► finish
 *                                                           │ ▲
 *                                   those that `ready` shows └─┘
 *
 * VIEWS asks first for every conversation that the user does not have on this server yet, then for those that are to
 * be shown and were not asked for. */
#include "sign_in.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/mem.h"
#include "changed.h"
#include "conn.h"
#include "delivery.h"
#include "joining.h"
#include "positions.h"
#include "ready_list.h"

#define ASKING_MAX 128 /* of all sign-ins together: about 2 ms of Redis' time */

struct sign_in {
    struct sign_in *next; /* in the server's line */
    struct server *server;
    struct user *user; /* held */
    struct conn_ref conn;
    bool in_line;
    bool begun; /* the session was asked for */
    bool failed;
    size_t asking;
    size_t at; /* no entry before it is to be asked for */
    struct ready_list list;
};

static void sign_in_free(struct sign_in *s)
{
    CHECK(s->asking == 0);
    hub_sign_in_ends(s->user);
    if (s->user->signing_in == 0)
        joining_unpark(s->server, s->user);
    ready_list_fini(&s->list);
    hub_release_user(&s->server->hub, s->user);
    free(s);
}

static void give_up(struct sign_in *s, enum ws_close_code code, const char *reason)
{
    conn_close(&s->server->conns, s->conn, code, reason);
    sign_in_free(s);
}

static void line_up(struct sign_in *s)
{
    struct sign_in_line *line = &s->server->sign_ins;

    s->next = NULL;
    s->in_line = true;
    *(line->last ? &line->last->next : &line->first) = s;
    line->last = s;
}

/* ---- ready ---- */

/* A new epoch has begun meanwhile: positions mean nothing. */
static bool is_overtaken(const struct sign_in *s)
{
    for (size_t i = 0; i < s->list.n; i++)
        if (s->list.entries[i].room != NULL && !s->list.entries[i].room->live)
            return true;
    return s->server->epoch[0] == '\0';
}

/* Conversations that the user came into while this was going on. */
static void announce_new(const struct sign_in *s)
{
    uint32_t mark = ++s->server->marks;

    for (size_t i = 0; i < s->list.order_n; i++)
        s->list.order[i]->room->mark = mark;
    for (uint32_t i = 0; i < s->user->subscriptions_n; i++) {
        const struct room *room = s->user->subscriptions[i]->room;
        if (room->mark != mark)
            conversation_changed(s->server, s->user, str_of(room->id.text));
    }
}

/* What `ready` says of each conversation. */
static void remember_positions(const struct sign_in *s, struct conn *conn)
{
    size_t n = s->list.order_n;
    struct positions *positions = n > 0 ? positions_new(conn, n) : NULL;

    for (size_t i = 0; i < n; i++) {
        const struct ready_entry *e = s->list.order[i];
        positions_set(positions, i, e->room, e->view.seq);
        joining_knows(s->user, s->conn, str_of(e->id.text), e->view.seq);
    }
}

static void become_ready(struct sign_in *s, struct conn *conn)
{
    struct buf ready = {0};

    ready_list_frame(&s->list,
                     &(struct ready_heading){.user = username_view(&s->user->name),
                                             .session = str_of(conn->base.session),
                                             .node = server_node(s->server),
                                             .epoch = str_of(s->server->epoch),
                                             .now_ms = clock_wall_ms()},
                     &ready);
    remember_positions(s, conn);
    conn_ready(conn, buf_view(&ready));
    buf_fini(&ready);
    announce_new(s);
    sign_in_free(s);
}

static bool is_wanted(const struct ready_entry *e)
{
    return e->room != NULL && !e->asked && (!e->here || e->shown);
}

static bool find_next(struct sign_in *s)
{
    while (s->at < s->list.n && !is_wanted(&s->list.entries[s->at]))
        s->at++;
    return s->at < s->list.n;
}

/* Nothing is left to ask, or it is no use. */
static void finish(struct sign_in *s)
{
    struct conn *conn = conn_get(&s->server->conns, s->conn);
    int64_t max = s->server->settings.conn.max_connections_per_user;

    if (conn == NULL || ws_is_closing(conn->base.ws)) {
        sign_in_free(s);
    } else if (s->failed || is_overtaken(s)) {
        give_up(s, WS_CLOSE_OVERLOADED, "unavailable, try again");
    } else if (max > 0 && s->user->conns_n >= max) {
        give_up(s, WS_CLOSE_TOO_MANY, "too many connections");
    } else if (!ready_list_arrange(&s->list, s->user)) {
        s->at = 0;
        CHECK(find_next(s));
        line_up(s);
    } else {
        become_ready(s, conn);
    }
}

/* ---- asking ---- */

static void settle(struct sign_in *s)
{
    if (!s->in_line && s->asking == 0)
        finish(s);
}

struct question {
    struct sign_in *sign_in;
    struct ready_entry *entry; /* NULL: about the session */
};

static void answered(void *context, const struct redisReply *reply);

static void ask(struct sign_in *s, struct ready_entry *entry, const struct redis_command *c)
{
    struct question *q = mem_alloc(sizeof *q);

    *q = (struct question){s, entry};
    if (redis_send(s->server->redis, c, answered, q) != OK) {
        s->failed = true;
        free(q);
        return;
    }
    s->asking++;
    s->server->sign_ins.asking++;
}

static void ask_about_session(struct sign_in *s, const struct conn *conn)
{
    struct redis_command c;

    s->begun = true;
    user_sign_in(&c, username_view(&s->user->name), str_of(conn->base.session),
                 server_node(s->server), clock_wall_ms());
    ask(s, NULL, &c);
}

static void ask_about_next(struct sign_in *s)
{
    struct ready_entry *e = &s->list.entries[s->at];
    struct redis_command c;

    e->asked = true;
    conversation_view(&c, str_of(e->id.text), username_view(&s->user->name),
                      server_node(s->server));
    ask(s, e, &c);
}

static void take_turn(struct sign_in *s)
{
    const struct conn *conn = conn_get(&s->server->conns, s->conn);

    if (conn == NULL || ws_is_closing(conn->base.ws))
        s->failed = true;
    else if (!s->begun)
        ask_about_session(s, conn);
    else
        ask_about_next(s);
    if (!s->failed && find_next(s))
        line_up(s);
    else
        settle(s);
}

static void serve(struct server *server)
{
    struct sign_in_line *line = &server->sign_ins;

    while (line->asking < ASKING_MAX && line->first != NULL) {
        struct sign_in *s = line->first;
        line->first = s->next;
        if (line->first == NULL)
            line->last = NULL;
        s->in_line = false;
        take_turn(s);
    }
}

/* ---- answers ---- */

static void add_conversation(struct sign_in *s, str id)
{
    struct ready_entry *e = ready_list_add(&s->list, id);

    e->here = e->room->live && hub_subscription(s->user, e->room) != NULL;
    e->view.seq = e->room->delivered;
}

/* False: it ends here. */
static bool take_session(struct sign_in *s, const struct redisReply *reply)
{
    str word = reply_word(reply);

    if (str_eq(word, STR("gone"))) {
        give_up(s, WS_CLOSE_NOT_SIGNED_IN, "the session has ended");
        return false;
    }
    s->failed = !str_eq(word, STR("ok"));
    if (s->failed)
        return true;
    ready_list_init(&s->list, &s->server->hub, reply_count(reply));
    for (size_t i = 1; i < reply_count(reply); i++)
        if (conversation_id_is_valid(reply_str(reply_at(reply, i))))
            add_conversation(s, reply_str(reply_at(reply, i)));
    if (find_next(s))
        line_up(s);
    return true;
}

static void take_view(struct sign_in *s, struct ready_entry *e,
                      const struct conversation_view *view)
{
    ready_entry_take_view(e, view);
    if (e->here)
        return;
    delivery_start(s->server, e->room, view->seq, view->last);
    if (hub_has_departed(s->user, e->room, view->seq))
        return;                /* the bell was quicker than this reply */
    if (s->user->conns_n == 0) /* nobody could have missed anything */
        hub_subscribe(s->user, e->room);
    else
        joining_begin(s->server, s->user, str_of(e->id.text), JOINED_UNKNOWN);
}

static void take_answer(struct sign_in *s, struct ready_entry *e, const struct redisReply *reply)
{
    struct conversation_view view;
    enum err err = conversation_viewed(reply, &view);

    if (err == OK)
        take_view(s, e, &view);
    else if (err == ERR_NOT_FOUND) /* on the user's list, but no member: not yet, or not any more */
        ready_list_drop(&s->list, e);
    else
        s->failed = true;
}

static void answered(void *context, const struct redisReply *reply)
{
    struct question q = *(struct question *)context;
    struct server *server = q.sign_in->server;
    bool goes_on = true;

    free(context);
    q.sign_in->asking--;
    server->sign_ins.asking--;
    if (q.entry != NULL)
        take_answer(q.sign_in, q.entry, reply);
    else
        goes_on = take_session(q.sign_in, reply);
    if (goes_on)
        settle(q.sign_in);
    serve(server);
}

void sign_in_begin(struct conn *conn, const struct claims *claims)
{
    struct sign_in *s = mem_zalloc(sizeof *s);

    conn_begin_sign_in(conn, claims);
    conn->user = hub_hold_user(&conn->server->hub, username_view(&claims->user));
    *s = (struct sign_in){.server = conn->server, .user = conn->user, .conn = conn->base.ref};
    conn->user->holds++;
    hub_sign_in_begins(conn->user);
    line_up(s);
    serve(conn->server);
}
